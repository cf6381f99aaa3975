
(* ==== many steps ==== *)
Section steps.
Variable n : nat.
(* J_{lo+len-1} ... J_{lo}: later factors on the left, the empty product is I *)
Fixpoint product (J : nat -> mat) (lo len : nat) : mat := match len with O => eye | S l => J (lo + l)%nat *[n] product J lo l end.
Lemma product_ext J K lo len : (forall j, (lo <= j < lo + len)%nat -> J j = K j) -> product J lo len = product K lo len.
Proof. induction len; intros H; [reflexivity|]. cbn [product]. rewrite (H (lo + len)%nat) by lia. rewrite IHlen; [reflexivity | intros; apply H; lia]. Qed.
Lemma mv_mm p A B v : mv n (mm p A B) v = mv p A (mv n B v).
Proof. extensionality i. apply (takes_mm (S i) p n A B v (mv n B v)); [intros k _; reflexivity | intros k _; reflexivity | lia]. Qed.
Lemma mv_eye v i : (i < n)%nat -> mv n eye v i = v i.
Proof. apply takes_eye. Qed.
(* the first factor on the right, applied to a vector *)
Lemma product_first J lo len v : forall i, (i < n)%nat -> mv n (product J lo (S len)) v i = mv n (product J (S lo) len) (mv n (J lo) v) i.
Proof.
  induction len; intros i Hi.
  - cbn [product]. rewrite mv_mm, (mv_eye _ _ Hi), Nat.add_0_r.
    rewrite (mv_cong n (J lo) (mv n eye v) v); [reflexivity | intros; now apply mv_eye].
  - change (product J lo (S (S len))) with (J (lo + S len)%nat *[n] product J lo (S len))%M.
    change (product J (S lo) (S len)) with (J (S lo + len)%nat *[n] product J (S lo) len)%M.
    rewrite !mv_mm. replace (lo + S len)%nat with (S lo + len)%nat by lia.
    rewrite (mv_cong n (J (S lo + len)%nat) _ _ IHlen). reflexivity.
Qed.
Variable step : nat -> vec -> vec.
Variable J : nat -> vec -> mat.
Variable fine : nat -> vec -> Prop.
(* the state at time k + d, from x at time k *)
Fixpoint run (k d : nat) (x : vec) : vec := match d with O => x | S c => step (k + S c) (run k c x) end.
Lemma run_first k d x : run k (S d) x = run (S k) d (step (S k) x).
Proof.
  induction d; [cbn [run]; now replace (k + 1)%nat with (S k) by lia|].
  change (run k (S (S d)) x) with (step (k + S (S d)) (run k (S d) x)). rewrite IHd. cbn [run]. f_equal. lia.
Qed.
(* J_j on the trajectory that is at x at time k *)
Definition on_run (k : nat) (x : vec) (j : nat) : mat := J j (run k (j - S k) x).
Hypothesis step_J : forall t X V s, along n X s V -> fine t (X s) -> along n (fun e => step t (X e)) s (mv n (J t (X s)) V).
Theorem transport k d X V s : along n X s V -> (forall c, (c < d)%nat -> fine (k + S c) (run k c (X s))) ->
  along n (fun e => run k d (X e)) s (product (on_run k (X s)) (S k) d *[n] V).
Proof.
  intros HX. induction d; intros HF.
  - apply (along_eq n X s V); [exact HX | intros i Hi; symmetry; now apply mv_eye].
  - apply (along_eq n _ s (mv n (J (k + S d) (run k d (X s))) (product (on_run k (X s)) (S k) d *[n] V)%V)).
    + apply (step_J (k + S d) (fun e => run k d (X e))); [apply IHd; intros; apply HF; lia | apply HF; lia].
    + intros i _. cbn [product]. rewrite mv_mm. unfold on_run at 2. now replace (S k + d - S k)%nat with d by lia; replace (S k + d)%nat with (k + S d)%nat by lia.
Qed.
(* losses and the adjoint *)
Variable l : nat -> vec -> R.
Variable dl : nat -> vec -> vec.
Hypothesis l_slope : forall t X V s, along n X s V -> is_derive (fun e => l t (X e)) s (dot n (dl t (X s)) V).
Variable G : nat -> vec -> vec -> vec.
Hypothesis G_pulls : forall t x lam V, fine t x -> pulls n lam n (G t x lam) V (mv n (J t x) V).
(* the losses of the times k, ..., k + r *)
Fixpoint loss (k r : nat) (x : vec) : R := match r with O => l k x | S q => l k x + loss (S k) q (step (S k) x) end.
(* the adjoint of time k, r steps before the end *)
Fixpoint adjoint (k r : nat) (x : vec) : vec := match r with O => dl k x | S q => dl k x + G (S k) x (adjoint (S k) q (step (S k) x)) end.
Theorem adjoint_true r : forall k X V s, along n X s V -> (forall c, (c < r)%nat -> fine (k + S c) (run k c (X s))) ->
  is_derive (fun e => loss k r (X e)) s (dot n (adjoint k r (X s)) V).
Proof.
  induction r; intros k X V s HX HF.
  - now apply l_slope.
  - assert (F : fine (S k) (X s)) by (replace (S k) with (k + 1)%nat by lia; apply (HF 0%nat); lia).
    eapply D_eq.
    + apply D_plus; [apply l_slope, HX|]. apply (IHr (S k) (fun e => step (S k) (X e))); [apply step_J; [exact HX | exact F]|].
      intros c Hc. rewrite <- run_first. replace (S k + S c)%nat with (k + S (S c))%nat by lia. apply HF; lia.
    + cbn [adjoint]. rewrite dot_add_l. f_equal. symmetry. now apply G_pulls.
Qed.
Lemma sum_shift m f : sum (S m) f = f 0%nat + sum m (fun c => f (S c)).
Proof. induction m; [simpl; ring|]. change (sum (S (S m)) f) with (sum (S m) f + f (S m)). rewrite IHm. simpl. ring. Qed.
(* the closed form, tested against every v: lam_k = sum over t >= k of M_{t,k}' delta_t *)
Theorem adjoint_closed r : forall k x v, (forall c, (c < r)%nat -> fine (k + S c) (run k c x)) ->
  dot n (adjoint k r x) v = sum (S r) (fun c => dot n (dl (k + c) (run k c x)) (product (on_run k x) (S k) c *[n] v)).
Proof.
  induction r; intros k x v HF.
  - simpl. rewrite Nat.add_0_r, Rplus_0_l. apply dot_cong. intros i Hi. f_equal. symmetry. now apply mv_eye.
  - assert (F : fine (S k) x) by (replace (S k) with (k + 1)%nat by lia; apply (HF 0%nat); lia).
    rewrite sum_shift. cbn [adjoint]. rewrite dot_add_l. f_equal.
    + rewrite Nat.add_0_r. apply dot_cong. intros i Hi. cbn [run]. f_equal. symmetry. now apply mv_eye.
    + rewrite (G_pulls (S k) x _ v F), IHr.
      * apply sum_ext; intros c _. rewrite run_first. replace (k + S c)%nat with (S k + c)%nat by lia. apply dot_cong. intros i Hi. f_equal.
        rewrite (product_first _ (S k) c v i Hi).
        assert (E : on_run k x (S k) = J (S k) x) by (unfold on_run; now replace (S k - S k)%nat with 0%nat by lia). rewrite E.
        rewrite (product_ext (on_run (S k) (step (S k) x)) (on_run k x)); [reflexivity|].
        intros j Hj. unfold on_run. replace (j - S k)%nat with (S (j - S (S k))) by lia. now rewrite run_first.
      * intros c Hc. rewrite <- run_first. replace (S k + S c)%nat with (k + S (S c))%nat by lia. apply HF; lia.
Qed.
End steps.
(* the gradient by what the step depends on through e: D is the velocity that it gives to a step by itself *)
Section gradient.
Variable n : nat.
Variable stepe : nat -> R -> vec -> vec.
Variable s : R.
Variable J : nat -> vec -> mat.
Variable D : nat -> vec -> vec.
Variable fine : nat -> vec -> Prop.
Let step t x := stepe t s x.
Hypothesis step_total : forall t X V, along n X s V -> fine t (X s) -> along n (fun e => stepe t e (X e)) s (J t (X s) *[n] V + D t (X s)).
Variable l : nat -> vec -> R.
Variable dl : nat -> vec -> vec.
Hypothesis l_slope : forall t X V s, along n X s V -> is_derive (fun e => l t (X e)) s (dot n (dl t (X s)) V).
Variable G : nat -> vec -> vec -> vec.
Hypothesis G_pulls : forall t x lam V, fine t x -> pulls n lam n (G t x lam) V (mv n (J t x) V).
Fixpoint losse (k r : nat) (e : R) (x : vec) : R := match r with O => l k x | S q => l k x + losse (S k) q e (stepe (S k) e x) end.
Theorem total_gradient r : forall k X V, along n X s V -> (forall c, (c < r)%nat -> fine (k + S c) (run step k c (X s))) ->
  is_derive (fun e => losse k r e (X e)) s (dot n (adjoint step dl G k r (X s)) V
    + sum r (fun c => dot n (adjoint step dl G (k + S c) (r - S c) (run step k (S c) (X s))) (D (k + S c) (run step k c (X s))))).
Proof.
  induction r; intros k X V HX HF.
  - simpl. rewrite Rplus_0_r. now apply l_slope.
  - assert (F : fine (S k) (X s)) by (replace (S k) with (k + 1)%nat by lia; apply (HF 0%nat); lia).
    eapply D_eq.
    + apply D_plus; [apply l_slope, HX|]. apply (IHr (S k) (fun e => stepe (S k) e (X e))); [apply step_total; [exact HX | exact F]|].
      intros c Hc. change (stepe (S k) s (X s)) with (step (S k) (X s)). rewrite <- run_first.
      replace (S k + S c)%nat with (k + S (S c))%nat by lia. apply HF; lia.
    + cbv beta. change (stepe (S k) s (X s)) with (step (S k) (X s)). rewrite sum_shift. cbn [adjoint]. rewrite dot_add_l, dot_add_r.
      rewrite (G_pulls (S k) (X s) _ V F). replace (k + 1)%nat with (S k) by lia. replace (S r - 1)%nat with r by lia.
      rewrite (run_first step k 0 (X s)).
      change (run step (S k) 0 (step (S k) (X s))) with (step (S k) (X s)). change (run step k 0 (X s)) with (X s).
      rewrite (sum_ext r (fun c => dot n (adjoint step dl G (S k + S c) (r - S c) (run step (S k) (S c) (step (S k) (X s)))) (D (S k + S c) (run step (S k) c (step (S k) (X s)))))
        (fun c => dot n (adjoint step dl G (k + S (S c)) (S r - S (S c)) (run step k (S (S c)) (X s))) (D (k + S (S c)) (run step k (S c) (X s))))).
      * ring.
      * intros c _. rewrite (run_first step k (S c)), (run_first step k c). replace (S k + S c)%nat with (k + S (S c))%nat by lia.
        now replace (S r - S (S c))%nat with (r - S c)%nat by lia.
Qed.
End gradient.
Definition vsum (n : nat) (f : nat -> vec) : vec := fun i => sum n (fun k => f k i).
Definition msum (n : nat) (f : nat -> mat) : mat := fun i j => sum n (fun k => f k i j).
Lemma sum_scal_r n c f : sum n f * c = sum n (fun k => f k * c).
Proof. rewrite Rmult_comm, <- sum_scal. apply sum_ext; intros; ring. Qed.
Lemma dot_vsum m n f v : dot n (vsum m f) v = sum m (fun k => dot n (f k) v).
Proof. unfold dot, vsum. rewrite (sum_swap m n). apply sum_ext; intros. apply sum_scal_r. Qed.
Lemma frobenius_msum m p q f v : frobenius p q (msum m f) v = sum m (fun k => frobenius p q (f k) v).
Proof.
  unfold frobenius, msum. rewrite (sum_swap m p). apply sum_ext; intros. rewrite (sum_swap m q).
  apply sum_ext; intros. apply sum_scal_r.
Qed.
(* ==== the product of A_j + eps B_j by orders of eps ==== *)
Lemma mm_assoc n p A B C : mm n (mm p A B) C = mm p A (mm n B C).
Proof.
  extensionality i; extensionality j. unfold mm.
  rewrite (sum_ext n _ (fun k => sum p (fun l => A i l * B l k * C k j))).
  - rewrite sum_swap. apply sum_ext; intros l _. rewrite <- sum_scal. apply sum_ext; intros; ring.
  - intros k _. rewrite Rmult_comm, <- sum_scal. apply sum_ext; intros; ring.
Qed.
Lemma mm_entry n A B i j : mm n A B i j = mv n A (fun k => B k j) i.
Proof. reflexivity. Qed.
Lemma mm_cong n A B C i j : (forall k, (k < n)%nat -> B k j = C k j) -> mm n A B i j = mm n A C i j.
Proof. intros H. apply sum_ext; intros; now rewrite H. Qed.
Lemma mm_plus n A B C i j : mm n A (madd B C) i j = mm n A B i j + mm n A C i j.
Proof. unfold mm, madd; rewrite <- sum_plus; apply sum_ext; intros; ring. Qed.
Lemma mm_mscal n A c B i j : mm n A (mscal c B) i j = c * mm n A B i j.
Proof. unfold mm, mscal; rewrite <- sum_scal; apply sum_ext; intros; ring. Qed.
Lemma mm_msum n m A f i j : mm n A (msum m f) i j = sum m (fun c => mm n A (f c) i j).
Proof. unfold mm, msum. rewrite (sum_swap m n). apply sum_ext; intros. rewrite <- sum_scal. reflexivity. Qed.
Section expansion.
Variable n : nat.
Variables A B : nat -> mat.
(* the coefficient of eps^m: one factor B at each of m places, A at the others; the last B at time lo + c *)
Fixpoint order (m lo len : nat) : mat := match m with
  | O => product n A lo len
  | S q => msum len (fun c => product n A (lo + S c) (len - S c) *[n] (B (lo + c)%nat *[n] order q lo c))%M end.
Lemma order_step q lo len i j : (i < n)%nat ->
  order (S q) lo (S len) i j = mm n (A (lo + len)%nat) (order (S q) lo len) i j + mm n (B (lo + len)%nat) (order q lo len) i j.
Proof.
  intros Hi. cbn [order]. rewrite mm_msum. unfold msum.
  change (sum (S len) ?f) with (sum len f + f len). cbv beta. f_equal.
  - apply sum_ext. intros c Hc. replace (S len - S c)%nat with (S (len - S c)) by lia. cbn [product].
    rewrite mm_assoc. now replace (lo + S c + (len - S c))%nat with (lo + len)%nat by lia.
  - replace (S len - S len)%nat with 0%nat by lia. cbn [product]. rewrite mm_entry, (mv_eye n _ i Hi). reflexivity.
Qed.
Variable eps : R.
Definition whole (j : nat) : mat := A j + eps *: B j.
(* what the orders up to p leave out *)
Fixpoint rest (p lo len : nat) : mat := match len with
  | O => mzero
  | S d => whole (lo + d)%nat *[n] rest p lo d + (eps ^ S p) *: (B (lo + d)%nat *[n] order p lo d) end.
Definition orders (p lo len : nat) : mat := fun i j => sum (S p) (fun m => eps ^ m * order m lo len i j).
Lemma mm_whole t Y i j : mm n (whole t) Y i j = mm n (A t) Y i j + eps * mm n (B t) Y i j.
Proof. unfold mm, whole, madd, mscal; rewrite <- sum_scal, <- sum_plus; apply sum_ext; intros; ring. Qed.
Lemma orders_step p lo len i j : (i < n)%nat ->
  orders p lo (S len) i j + eps ^ S p * mm n (B (lo + len)%nat) (order p lo len) i j = mm n (whole (lo + len)%nat) (orders p lo len) i j.
Proof.
  intros Hi. rewrite mm_whole. induction p.
  - assert (E : orders 0 lo len = order 0 lo len) by (extensionality a; extensionality b; unfold orders; simpl; ring).
    rewrite E. unfold orders. cbn [sum order product]. simpl pow. ring.
  - assert (E : orders (S p) lo len = madd (orders p lo len) (mscal (eps ^ S p) (order (S p) lo len))) by reflexivity.
    rewrite E, !mm_plus, !mm_mscal.
    change (orders (S p) lo (S len) i j) with (orders p lo (S len) i j + eps ^ S p * order (S p) lo (S len) i j).
    rewrite (order_step p lo len i j Hi). change (eps ^ S (S p)) with (eps * eps ^ S p).
    apply (f_equal (fun z => z + eps ^ S p * mm n (A (lo + len)%nat) (order (S p) lo len) i j + eps * eps ^ S p * mm n (B (lo + len)%nat) (order (S p) lo len) i j)) in IHp.
    match type of IHp with ?a = ?b => transitivity a; [ring | transitivity b; [exact IHp | ring]] end.
Qed.
Theorem expansion p lo len : forall i j, (i < n)%nat -> product n whole lo len i j = orders p lo len i j + rest p lo len i j.
Proof.
  induction len; intros i j Hi.
  - cbn [product rest]. unfold mzero. rewrite Rplus_0_r. unfold orders. induction p; [simpl; ring|].
    change (sum (S (S p)) ?f) with (sum (S p) f + f (S p)). cbv beta. rewrite <- IHp. cbn [order]. unfold msum. simpl sum. ring.
  - cbn [product rest]. rewrite (mm_cong n (whole (lo + len)%nat) _ (madd (orders p lo len) (rest p lo len))).
    + rewrite mm_plus, <- (orders_step p lo len i j Hi). unfold madd, mscal. ring.
    + intros k Hk. now apply IHlen.
Qed.
Lemma no_order_beyond m : forall lo len i j, (len < m)%nat -> order m lo len i j = 0.
Proof.
  induction m; intros lo len i j H; [lia|]. cbn [order]. unfold msum. rewrite (sum_ext len _ (fun _ => 0)); [apply sum_zero|].
  intros c Hc. unfold mm at 1. rewrite (sum_ext n _ (fun _ => 0)); [apply sum_zero|]. intros k _. unfold mm.
  rewrite (sum_ext n _ (fun _ => 0)); [rewrite sum_zero; ring|]. intros h _. rewrite IHm by lia. ring.
Qed.
End expansion.
