
(* ==== several states: double sums along rows, by the time of the loss, by lag ==== *)
Section double_states.
Variable P : Type.
Variable add : P -> P -> P.
Variable pair_ : P -> P -> R.
Hypothesis pair_add_l : forall a b v, pair_ (add a b) v = pair_ a v + pair_ b v.
Variable step : nat -> P -> P.
Variable J : nat -> P -> P -> P.
Variable fine : nat -> P -> Prop.
Variable dl : nat -> P -> P.
Variable G : nat -> P -> P -> P.
Hypothesis G_pulls : forall t x lam V, fine t x -> pair_ (G t x lam) V = pair_ lam (J t x V).
Lemma runS_runS a b x : runS P step a b (runS P step 0 a x) = runS P step 0 (a + b) x.
Proof. induction b; [now rewrite Nat.add_0_r|]. rewrite Nat.add_succ_r. cbn [runS]. rewrite IHb. now rewrite Nat.add_succ_r. Qed.
(* the loss of time k + l, seen from k where the states are x: M_{k+l,k}' delta_{k+l} *)
Fixpoint seenS (k l : nat) (x : P) : P := match l with O => dl k x | S q => G (S k) x (seenS (S k) q (step (S k) x)) end.
Theorem seenS_is l : forall k x v, (forall c, (c < l)%nat -> fine (k + S c) (runS P step k c x)) ->
  pair_ (seenS k l x) v = pair_ (dl (k + l) (runS P step k l x)) (carry P step J k l x v).
Proof.
  induction l; intros k x v HF.
  - cbn [seenS runS carry]. now rewrite Nat.add_0_r.
  - destruct (fine_first P step fine k l x HF) as [F1 F2]. cbn [seenS]. rewrite G_pulls by exact F1. rewrite (IHl _ _ _ F2).
    rewrite runS_first, carry_first. now replace (k + S l)%nat with (S k + l)%nat by lia.
Qed.
Variable D : nat -> P -> P.
Variable r : nat.
Variable x : P.
Hypothesis HF : forall c, (c < r)%nat -> fine (S c) (runS P step 0 c x).
Lemma rowsS : sum r (fun c => pair_ (adjointS P add step dl G (S c) (r - S c) (runS P step 0 (S c) x)) (D (S c) (runS P step 0 c x)))
  = sum r (fun c => sum (r - c) (fun l => pair_ (seenS (S c) l (runS P step 0 (S c) x)) (D (S c) (runS P step 0 c x)))).
Proof.
  apply sum_ext. intros c Hc. assert (HF' : forall d, (d < r - S c)%nat -> fine (S c + S d) (runS P step (S c) d (runS P step 0 (S c) x))).
  { intros d Hd. rewrite runS_runS. replace (S c + S d)%nat with (S (S c + d)) by lia. apply HF. lia. }
  rewrite (adjointS_closed P add pair_ pair_add_l step J fine dl G G_pulls) by exact HF'. replace (S (r - S c)) with (r - c)%nat by lia.
  apply sum_ext. intros l Hl. symmetry. apply seenS_is. intros d Hd. apply HF'. lia.
Qed.
Theorem by_timeS : sum r (fun c => pair_ (adjointS P add step dl G (S c) (r - S c) (runS P step 0 (S c) x)) (D (S c) (runS P step 0 c x)))
  = sum r (fun t => sum (S t) (fun c => pair_ (seenS (S c) (t - c) (runS P step 0 (S c) x)) (D (S c) (runS P step 0 c x)))).
Proof. rewrite rowsS. apply (sum_triangle r (fun c l => pair_ (seenS (S c) l (runS P step 0 (S c) x)) (D (S c) (runS P step 0 c x)))). Qed.
Theorem by_lagS : sum r (fun c => pair_ (adjointS P add step dl G (S c) (r - S c) (runS P step 0 (S c) x)) (D (S c) (runS P step 0 c x)))
  = sum r (fun l => sum (r - l) (fun c => pair_ (seenS (S c) l (runS P step 0 (S c) x)) (D (S c) (runS P step 0 c x)))).
Proof. rewrite rowsS. apply (sum_by_lag r (fun c l => pair_ (seenS (S c) l (runS P step 0 (S c) x)) (D (S c) (runS P step 0 c x)))). Qed.
End double_states.
