
(* ==== double sums: along rows, by the time of the loss, by lag ==== *)
Lemma sum_triangle r f : sum r (fun c => sum (r - c) (f c)) = sum r (fun t => sum (S t) (fun c => f c (t - c)%nat)).
Proof.
  induction r; [reflexivity|].
  change (sum (S r) (fun t => sum (S t) (fun c => f c (t - c)%nat))) with
    (sum r (fun t => sum (S t) (fun c => f c (t - c)%nat)) + (sum r (fun c => f c (r - c)%nat) + f r (r - r)%nat)).
  rewrite <- IHr. change (sum (S r) ?g) with (sum r g + g r). cbv beta. replace (S r - r)%nat with 1%nat by lia. rewrite Nat.sub_diag.
  assert (E : sum 1 (f r) = f r 0%nat) by (simpl; ring). rewrite E, (sum_ext r _ (fun c => sum (r - c) (f c) + f c (r - c)%nat)); [rewrite sum_plus; ring|].
  intros c Hc. now replace (S r - c)%nat with (S (r - c)) by lia.
Qed.
Lemma sum_reverse r f : sum (S r) f = sum (S r) (fun c => f (r - c)%nat).
Proof.
  revert f. induction r; intros f; [reflexivity|]. rewrite (sum_shift (S r) (fun c => f (S r - c)%nat)).
  change (sum (S (S r)) f) with (sum (S r) f + f (S r)). rewrite IHr. cbv beta. rewrite Nat.sub_0_r. cbn [Nat.sub]. ring.
Qed.
Lemma sum_by_lag r f : sum r (fun c => sum (r - c) (f c)) = sum r (fun l => sum (r - l) (fun c => f c l)).
Proof.
  rewrite (sum_triangle r f), (sum_triangle r (fun l c => f c l)). apply sum_ext. intros t _.
  rewrite (sum_reverse t (fun c => f c (t - c)%nat)). apply sum_ext. intros c Hc. now replace (t - (t - c))%nat with c by lia.
Qed.
Lemma run_run step a b x : run step a b (run step 0 a x) = run step 0 (a + b) x.
Proof. induction b; [now rewrite Nat.add_0_r|]. rewrite Nat.add_succ_r. cbn [run]. rewrite IHb. now rewrite Nat.add_succ_r. Qed.
(* what a loss of a later time says of step c + 1 *)
Section double.
Variable n : nat.
Variable step : nat -> vec -> vec.
Variable J : nat -> vec -> mat.
Variable fine : nat -> vec -> Prop.
Variable dl : nat -> vec -> vec.
Variable G : nat -> vec -> vec -> vec.
Hypothesis G_pulls : forall t x lam V, fine t x -> pulls n lam n (G t x lam) V (mv n (J t x) V).
Variable D : nat -> vec -> vec.
Variable r : nat.
Variable x : vec.
Hypothesis HF : forall c, (c < r)%nat -> fine (S c) (run step 0 c x).
(* the loss of time t, seen from l steps before: M_{t,t-l}' delta_t *)
Definition seen (t l : nat) : vec := tr (product n (on_run step J 0 x) (S (t - l)) l) *[n] dl t (run step 0 t x).
Lemma rows_of_losses : sum r (fun c => dot n (adjoint step dl G (S c) (r - S c) (run step 0 (S c) x)) (D (S c) (run step 0 c x)))
  = sum r (fun c => sum (r - c) (fun l => dot n (seen (S c + l) l) (D (S c) (run step 0 c x)))).
Proof.
  apply sum_ext. intros c Hc. rewrite (adjoint_closed n step J fine dl G G_pulls).
  - replace (S (r - S c)) with (r - c)%nat by lia. apply sum_ext. intros l Hl. unfold seen. rewrite dot_tr_l, run_run.
    replace (S c + l - l)%nat with (S c) by lia. apply f_equal, f_equal2; [|reflexivity]. apply product_ext. intros j Hj. unfold on_run. rewrite run_run.
    now replace (S c + (j - S (S c)))%nat with (j - 1)%nat by lia.
  - intros d Hd. rewrite run_run. replace (S c + S d)%nat with (S (S c + d)) by lia. apply HF. lia.
Qed.
Theorem by_time : sum r (fun c => dot n (adjoint step dl G (S c) (r - S c) (run step 0 (S c) x)) (D (S c) (run step 0 c x)))
  = sum r (fun t => sum (S t) (fun c => dot n (seen (S t) (t - c)) (D (S c) (run step 0 c x)))).
Proof.
  rewrite rows_of_losses, sum_triangle. apply sum_ext. intros t _. apply sum_ext. intros c Hc.
  now replace (S c + (t - c))%nat with (S t) by lia.
Qed.
Theorem by_lag : sum r (fun c => dot n (adjoint step dl G (S c) (r - S c) (run step 0 (S c) x)) (D (S c) (run step 0 c x)))
  = sum r (fun l => sum (r - l) (fun c => dot n (seen (S c + l) l) (D (S c) (run step 0 c x)))).
Proof. rewrite rows_of_losses. apply (sum_by_lag r (fun c l => dot n (seen (S c + l) l) (D (S c) (run step 0 c x)))). Qed.
(* no product of matrices need be formed *)
Lemma seen_first t i : (i < n)%nat -> seen t 0 i = dl t (run step 0 t x) i.
Proof.
  intros Hi. unfold seen. cbn [product]. rewrite <- (mv_eye n (dl t (run step 0 t x)) i Hi). unfold mv, tr, eye. apply sum_ext.
  intros k _. unfold delta. now rewrite Nat.eqb_sym.
Qed.
Lemma tr_tr A : tr (tr A) = A. Proof. reflexivity. Qed.
Theorem seen_next t l i : (l < t)%nat -> (i < n)%nat -> seen t (S l) i = (tr (on_run step J 0 x (t - l)) *[n] seen t l)%V i.
Proof.
  intros Hl Hi. unfold seen. rewrite <- (dot_unit n _ i Hi), <- (dot_unit n (mv n (tr (on_run step J 0 x (t - l))) _) i Hi).
  rewrite !dot_tr_l. apply dot_cong. intros k Hk. f_equal. rewrite product_first by exact Hk.
  replace (S (t - S l)) with (t - l)%nat by lia. reflexivity.
Qed.
End double.
(* ==== the influence of what the step depends on, forward in time ==== *)
Section influence.
Variables n m : nat.
Variables J L : nat -> mat.
Fixpoint influence (t : nat) : mat := match t with O => mzero | S c => J (S c) *[n] influence c + L (S c) end.
Theorem influence_closed t : forall i j, (i < n)%nat -> influence t i j = msum t (fun c => product n J (S (S c)) (t - S c) *[n] L (S c))%M i j.
Proof.
  induction t; intros i j Hi; [reflexivity|]. cbn [influence]. unfold madd at 1. rewrite (mm_cong n _ _ _ i j (fun k Hk => IHt k j Hk)), mm_msum.
  unfold msum. change (sum (S t) ?g) with (sum t g + g t). cbv beta. f_equal.
  - apply sum_ext. intros c Hc. replace (S t - S c)%nat with (S (t - S c)) by lia. cbn [product]. rewrite mm_assoc.
    now replace (S (S c) + (t - S c))%nat with (S t) by lia.
  - rewrite Nat.sub_diag. cbn [product]. rewrite mm_entry. now rewrite (mv_eye n _ i Hi).
Qed.
Lemma influence_takes t W u : dot n u (influence t *[m] W) = sum t (fun c => dot n u (product n J (S (S c)) (t - S c) *[n] (L (S c) *[m] W))).
Proof.
  revert u. induction t; intros u; [cbn [influence sum]; rewrite mv_zero_l; apply dot_zero_r|].
  cbn [influence]. rewrite mv_madd, mv_mm, dot_add_r. rewrite dot_mv, IHt. change (sum (S t) ?g) with (sum t g + g t). cbv beta. f_equal.
  - apply sum_ext. intros c Hc. rewrite dot_tr_l. replace (S t - S c)%nat with (S (t - S c)) by lia. cbn [product]. rewrite mv_mm.
    now replace (S (S c) + (t - S c))%nat with (S t) by lia.
  - rewrite Nat.sub_diag. cbn [product]. apply dot_cong. intros i Hi. now rewrite mv_eye by exact Hi.
Qed.
End influence.
Section forward.
Variables n m : nat.
Variable stepe : nat -> R -> vec -> vec.
Variable s : R.
Variables J L : nat -> vec -> mat.
Variable W : vec.
Variable fine : nat -> vec -> Prop.
Let step t x := stepe t s x.
Hypothesis step_total : forall t X V, along n X s V -> fine t (X s) -> along n (fun e => stepe t e (X e)) s (J t (X s) *[n] V + L t (X s) *[m] W).
Theorem influence_moves d x : (forall c, (c < d)%nat -> fine (S c) (run step 0 c x)) ->
  along n (fun e => run (fun t v => stepe t e v) 0 d x) s (influence n (on_run step J 0 x) (on_run step L 0 x) d *[m] W).
Proof.
  induction d; intros HF.
  - cbn [run influence]. rewrite mv_zero_l. apply along_const.
  - cbn [influence]. rewrite mv_madd, mv_mm. unfold on_run at 1 4. replace (S d - 1)%nat with d by lia.
    apply (step_total (S d) (fun e => run (fun t v => stepe t e v) 0 d x)); [apply IHd; intros; apply HF; lia | apply HF; lia].
Qed.
Variable dl : nat -> vec -> vec.
Variable G : nat -> vec -> vec -> vec.
Hypothesis G_pulls : forall t x lam V, fine t x -> pulls n lam n (G t x lam) V (mv n (J t x) V).
Theorem forward_backward r x : (forall c, (c < r)%nat -> fine (S c) (run step 0 c x)) ->
  dot m (vsum r (fun c => tr (influence n (on_run step J 0 x) (on_run step L 0 x) (S c)) *[n] dl (S c) (run step 0 (S c) x))%V) W =
  dot m (vsum r (fun c => tr (on_run step L 0 x (S c)) *[n] adjoint step dl G (S c) (r - S c) (run step 0 (S c) x))%V) W.
Proof.
  intros HF. rewrite !dot_vsum.
  rewrite (sum_ext r (fun c => dot m (tr (on_run step L 0 x (S c)) *[n] adjoint step dl G (S c) (r - S c) (run step 0 (S c) x))%V W)
    (fun c => dot n (adjoint step dl G (S c) (r - S c) (run step 0 (S c) x)) ((fun t y => L t y *[m] W)%V (S c) (run step 0 c x)))).
  - rewrite (by_time n step J fine dl G G_pulls (fun t y => L t y *[m] W)%V r x HF). apply sum_ext. intros t _. rewrite dot_tr_l, influence_takes.
    apply sum_ext. intros c Hc. unfold seen, on_run. rewrite dot_tr_l. replace (S t - (t - c))%nat with (S c) by lia.
    replace (S c - 1)%nat with c by lia. reflexivity.
  - intros c _. rewrite dot_tr_l. unfold on_run. now replace (S c - 1)%nat with c by lia.
Qed.
End forward.
Definition column (v : vec) : mat := fun i _ => v i.
Lemma mv_column v w i : mv 1 (column v) (fun _ => w) i = w * v i.
Proof. unfold mv, column. simpl. ring. Qed.
