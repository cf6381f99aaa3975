
(* ==== several states: the influence of what the step depends on, on the states one below the other ==== *)
Lemma dot_stacked p r a b c d : dot (p + r) (stacked p a b) (stacked p c d) = dot p a c + dot r b d.
Proof.
  unfold dot. rewrite sum_split. f_equal; apply sum_ext; intros k Hk; unfold stacked; split_index; [reflexivity|].
  now replace (p + k - p)%nat with k by lia.
Qed.
Lemma along_stacked p r X Y s V W : along p X s V -> along r Y s W -> along (p + r) (fun e => stacked p (X e) (Y e)) s (stacked p V W).
Proof. intros HX HY i Hi. unfold stacked. split_index; [now apply HX | apply HY; lia]. Qed.
Lemma stacked_zeros p : stacked p zeros zeros = zeros.
Proof. extensionality i. unfold stacked, zeros. now split_index. Qed.
Ltac taken_stacked := lazymatch goal with
  | |- takes _ _ (above _ _ _) _ _ => eapply takes_above; taken_stacked
  | |- takes _ _ (beside _ _ _) _ _ => eapply takes_beside; taken_stacked
  | |- _ => apply takes_any
  end.
(* a matrix at the states that step j meets *)
Definition metS (P : Type) (step : nat -> P -> P) (x : P) (A : nat -> P -> mat) (j : nat) : mat := A j (runS P step 0 (j - 1) x).
Section influence_states.
Variable P : Type.
Variable add : P -> P -> P.
Variable zero : P.
Variable pair_ : P -> P -> R.
Variable movesS : (R -> P) -> R -> P -> Prop.
(* the states one below the other *)
Variables N m : nat.
Variable stack : P -> vec.
Hypothesis stack_add : forall a b, stack (add a b) = vadd (stack a) (stack b).
Hypothesis stack_zero : stack zero = zeros.
Hypothesis stack_pair : forall a b, pair_ a b = dot N (stack a) (stack b).
Hypothesis stack_moves : forall X s V, movesS X s V -> along N (fun e => stack (X e)) s (stack V).
Hypothesis rest_moves : forall z s, movesS (fun _ => z) s zero.
Variable stepe : nat -> R -> P -> P.
Variable s : R.
Variable J : nat -> P -> P -> P.
Variable D : nat -> P -> P.
Variables K L : nat -> P -> mat.
Variable W : vec.
Variable fine : nat -> P -> Prop.
Let step t z := stepe t s z.
Hypothesis step_total : forall t X V, movesS X s V -> fine t (X s) -> movesS (fun e => stepe t e (X e)) s (add (J t (X s) V) (D t (X s))).
Hypothesis J_taken : forall t z V, takes N N (K t z) (stack V) (stack (J t z V)).
Hypothesis D_taken : forall t z, fine t z -> takes N m (L t z) W (stack (D t z)).
Variable x : P.
(* the velocity of the states *)
Fixpoint aheadS (t : nat) : P := match t with O => zero | S c => add (J (S c) (runS P step 0 c x) (aheadS c)) (D (S c) (runS P step 0 c x)) end.
Lemma aheadS_moves d : (forall c, (c < d)%nat -> fine (S c) (runS P step 0 c x)) ->
  movesS (fun e => runS P (fun t z => stepe t e z) 0 d x) s (aheadS d).
Proof.
  induction d; intros HF; [cbn [runS aheadS]; apply rest_moves|]. cbn [aheadS].
  apply (step_total (S d) (fun e => runS P (fun t z => stepe t e z) 0 d x)); [apply IHd; intros; apply HF; lia | apply HF; lia].
Qed.
Lemma aheadS_taken d : (forall c, (c < d)%nat -> fine (S c) (runS P step 0 c x)) ->
  takes N m (influence N (metS P step x K) (metS P step x L) d) W (stack (aheadS d)).
Proof.
  induction d; intros HF i Hi; cbn [influence aheadS].
  - rewrite stack_zero, mv_zero_l. reflexivity.
  - rewrite stack_add, mv_madd, mv_mm. unfold metS at 1 4. replace (S d - 1)%nat with d by lia. unfold vadd.
    apply f_equal2; [|apply D_taken; [apply HF; lia | exact Hi]]. etransitivity; [|apply J_taken; exact Hi].
    apply (f_equal (fun v => v i)), mv_cong, IHd. intros; apply HF; lia.
Qed.
Theorem influenceS_moves d : (forall c, (c < d)%nat -> fine (S c) (runS P step 0 c x)) ->
  along N (fun e => stack (runS P (fun t z => stepe t e z) 0 d x)) s (influence N (metS P step x K) (metS P step x L) d *[m] W).
Proof.
  intros HF. eapply along_eq; [exact (stack_moves _ _ _ (aheadS_moves d HF))|].
  intros i Hi. symmetry. now apply aheadS_taken.
Qed.
Variable dl : nat -> P -> P.
Variable G : nat -> P -> P -> P.
Hypothesis G_pulls : forall t z lam V, fine t z -> pair_ (G t z lam) V = pair_ lam (J t z V).
Variable r : nat.
Hypothesis HF : forall c, (c < r)%nat -> fine (S c) (runS P step 0 c x).
(* losses against velocities, from time k on: forward, or over the adjoint *)
Lemma ahead_or_back q : forall k, (k + q = r)%nat ->
  sum (S q) (fun c => pair_ (dl (k + c) (runS P step 0 (k + c) x)) (aheadS (k + c)))
  = pair_ (adjointS P add step dl G k q (runS P step 0 k x)) (aheadS k)
    + sum q (fun c => pair_ (adjointS P add step dl G (k + S c) (q - S c) (runS P step 0 (k + S c) x)) (D (k + S c) (runS P step 0 (k + c) x))).
Proof.
  assert (Hl : forall a b v, pair_ (add a b) v = pair_ a v + pair_ b v) by (intros; rewrite !stack_pair, stack_add; apply dot_add_l).
  assert (Hr : forall a v w, pair_ a (add v w) = pair_ a v + pair_ a w) by (intros; rewrite !stack_pair, stack_add; apply dot_add_r).
  induction q; intros k Hk; [cbn [sum adjointS]; rewrite Nat.add_0_r; ring|].
  rewrite sum_shift, Nat.add_0_r.
  rewrite (sum_ext (S q) _ (fun c => pair_ (dl (S k + c) (runS P step 0 (S k + c) x)) (aheadS (S k + c)))) by (intros c _; now rewrite Nat.add_succ_r).
  rewrite (IHq (S k)) by lia. rewrite (sum_shift q). cbn [adjointS]. rewrite Hl. change (step (S k) (runS P step 0 k x)) with (runS P step 0 (S k) x).
  rewrite G_pulls by (apply HF; lia). cbn [aheadS]. rewrite Hr, Nat.add_0_r, Nat.add_1_r. replace (S q - 1)%nat with q by lia.
  rewrite (sum_ext q (fun c => pair_ (adjointS P add step dl G (S k + S c) (q - S c) (runS P step 0 (S k + S c) x)) (D (S k + S c) (runS P step 0 (S k + c) x)))
    (fun c => pair_ (adjointS P add step dl G (k + S (S c)) (S q - S (S c)) (runS P step 0 (k + S (S c)) x)) (D (k + S (S c)) (runS P step 0 (k + S c) x)))).
  - ring.
  - intros c _. cbn [Nat.add Nat.sub]. now rewrite !(Nat.add_succ_r k).
Qed.
Theorem influenceS_back : sum r (fun c => pair_ (adjointS P add step dl G (S c) (r - S c) (runS P step 0 (S c) x)) (D (S c) (runS P step 0 c x)))
  = dot m (vsum r (fun c => tr (metS P step x L (S c)) *[N] stack (adjointS P add step dl G (S c) (r - S c) (runS P step 0 (S c) x)))%V) W.
Proof.
  rewrite dot_vsum. apply sum_ext. intros c Hc. rewrite dot_tr_l, stack_pair. apply dot_cong. intros i Hi. f_equal. symmetry.
  unfold metS. replace (S c - 1)%nat with c by lia. now apply D_taken; [apply HF|].
Qed.
Theorem influenceS_forward : sum r (fun c => pair_ (adjointS P add step dl G (S c) (r - S c) (runS P step 0 (S c) x)) (D (S c) (runS P step 0 c x)))
  = dot m (vsum r (fun c => tr (influence N (metS P step x K) (metS P step x L) (S c)) *[N] stack (dl (S c) (runS P step 0 (S c) x)))%V) W.
Proof.
  assert (Hz : forall a, pair_ a zero = 0) by (intros; rewrite stack_pair, stack_zero; apply dot_zero_r).
  pose proof (ahead_or_back r 0 eq_refl) as E. rewrite sum_shift in E. cbn [aheadS] in E. rewrite !Hz, !Rplus_0_l in E.
  etransitivity; [symmetry; exact E|]. rewrite dot_vsum. apply sum_ext. intros c Hc. rewrite dot_tr_l, stack_pair. apply dot_cong.
  intros i Hi. f_equal. symmetry. apply aheadS_taken; [intros; apply HF; lia | exact Hi].
Qed.
End influence_states.
