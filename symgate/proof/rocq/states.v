
(* ==== many steps of several states: S holds all of them, pair is the sum of their dot products ==== *)
Section states.
Variable S : Type.
Variable add : S -> S -> S.
Variable pair_ : S -> S -> R.
Variable movesS : (R -> S) -> R -> S -> Prop.
Hypothesis pair_add_l : forall a b v, pair_ (add a b) v = pair_ a v + pair_ b v.
Hypothesis pair_add_r : forall a v w, pair_ a (add v w) = pair_ a v + pair_ a w.
Section fixed.
Variable step : nat -> S -> S.
Variable J : nat -> S -> S -> S.
Variable fine : nat -> S -> Prop.
Fixpoint runS (k d : nat) (x : S) : S := match d with O => x | Datatypes.S c => step (k + Datatypes.S c) (runS k c x) end.
Lemma runS_first k d x : runS k (Datatypes.S d) x = runS (Datatypes.S k) d (step (Datatypes.S k) x).
Proof.
  induction d; [cbn [runS]; now replace (k + 1)%nat with (Datatypes.S k) by lia|].
  change (runS k (Datatypes.S (Datatypes.S d)) x) with (step (k + Datatypes.S (Datatypes.S d)) (runS k (Datatypes.S d) x)).
  rewrite IHd. cbn [runS]. f_equal. lia.
Qed.
(* J_{k+d} ... J_{k+1} v on the trajectory that is at x at time k *)
Fixpoint carry (k d : nat) (x v : S) : S := match d with O => v | Datatypes.S c => J (k + Datatypes.S c) (runS k c x) (carry k c x v) end.
Lemma carry_first k d x v : carry k (Datatypes.S d) x v = carry (Datatypes.S k) d (step (Datatypes.S k) x) (J (Datatypes.S k) x v).
Proof.
  induction d; [cbn [carry runS]; now replace (k + 1)%nat with (Datatypes.S k) by lia|].
  change (carry k (Datatypes.S (Datatypes.S d)) x v) with (J (k + Datatypes.S (Datatypes.S d)) (runS k (Datatypes.S d) x) (carry k (Datatypes.S d) x v)).
  rewrite IHd, runS_first. cbn [carry]. now replace (k + Datatypes.S (Datatypes.S d))%nat with (Datatypes.S k + Datatypes.S d)%nat by lia.
Qed.
Hypothesis step_J : forall t X V s, movesS X s V -> fine t (X s) -> movesS (fun e => step t (X e)) s (J t (X s) V).
Theorem transportS k d X V s : movesS X s V -> (forall c, (c < d)%nat -> fine (k + Datatypes.S c) (runS k c (X s))) ->
  movesS (fun e => runS k d (X e)) s (carry k d (X s) V).
Proof.
  intros HX. induction d; intros HF; [exact HX|]. cbn [carry].
  apply (step_J (k + Datatypes.S d) (fun e => runS k d (X e))); [apply IHd; intros; apply HF; lia | apply HF; lia].
Qed.
Variable l : nat -> S -> R.
Variable dl : nat -> S -> S.
Hypothesis l_slope : forall t X V s, movesS X s V -> is_derive (fun e => l t (X e)) s (pair_ (dl t (X s)) V).
Variable G : nat -> S -> S -> S.
Hypothesis G_pulls : forall t x lam V, fine t x -> pair_ (G t x lam) V = pair_ lam (J t x V).
Fixpoint lossS (k r : nat) (x : S) : R := match r with O => l k x | Datatypes.S q => l k x + lossS (Datatypes.S k) q (step (Datatypes.S k) x) end.
Fixpoint adjointS (k r : nat) (x : S) : S := match r with
  | O => dl k x | Datatypes.S q => add (dl k x) (G (Datatypes.S k) x (adjointS (Datatypes.S k) q (step (Datatypes.S k) x))) end.
Lemma fine_first k r x : (forall c, (c < Datatypes.S r)%nat -> fine (k + Datatypes.S c) (runS k c x)) ->
  fine (Datatypes.S k) x /\ (forall c, (c < r)%nat -> fine (Datatypes.S k + Datatypes.S c) (runS (Datatypes.S k) c (step (Datatypes.S k) x))).
Proof.
  intros HF. split.
  - replace (Datatypes.S k) with (k + 1)%nat by lia. apply (HF 0%nat). lia.
  - intros c Hc. rewrite <- runS_first. replace (Datatypes.S k + Datatypes.S c)%nat with (k + Datatypes.S (Datatypes.S c))%nat by lia. apply HF. lia.
Qed.
Theorem adjointS_true r : forall k X V s, movesS X s V -> (forall c, (c < r)%nat -> fine (k + Datatypes.S c) (runS k c (X s))) ->
  is_derive (fun e => lossS k r (X e)) s (pair_ (adjointS k r (X s)) V).
Proof.
  induction r; intros k X V s HX HF; [now apply l_slope|]. destruct (fine_first k r (X s) HF) as [F1 F2].
  eapply D_eq.
  - apply D_plus; [apply l_slope, HX|]. apply (IHr (Datatypes.S k) (fun e => step (Datatypes.S k) (X e))); [apply step_J; [exact HX | exact F1] | exact F2].
  - cbn [adjointS]. rewrite pair_add_l, G_pulls by exact F1. reflexivity.
Qed.
Theorem adjointS_closed r : forall k x v, (forall c, (c < r)%nat -> fine (k + Datatypes.S c) (runS k c x)) ->
  pair_ (adjointS k r x) v = sum (Datatypes.S r) (fun c => pair_ (dl (k + c) (runS k c x)) (carry k c x v)).
Proof.
  induction r; intros k x v HF.
  - simpl. rewrite Nat.add_0_r, Rplus_0_l. reflexivity.
  - destruct (fine_first k r x HF) as [F1 F2]. rewrite sum_shift. cbn [adjointS]. rewrite pair_add_l, G_pulls by exact F1.
    rewrite (IHr _ _ _ F2), Nat.add_0_r. apply (f_equal (fun z => pair_ (dl k x) v + z)). apply sum_ext. intros c _.
    rewrite runS_first, carry_first. now replace (k + Datatypes.S c)%nat with (Datatypes.S k + c)%nat by lia.
Qed.
End fixed.
Section by_parameter.
Variable stepe : nat -> R -> S -> S.
Variable s : R.
Variable J : nat -> S -> S -> S.
Variable D : nat -> S -> S.
Variable fine : nat -> S -> Prop.
Let step t x := stepe t s x.
Hypothesis step_total : forall t X V, movesS X s V -> fine t (X s) -> movesS (fun e => stepe t e (X e)) s (add (J t (X s) V) (D t (X s))).
Variable l : nat -> S -> R.
Variable dl : nat -> S -> S.
Hypothesis l_slope : forall t X V s, movesS X s V -> is_derive (fun e => l t (X e)) s (pair_ (dl t (X s)) V).
Variable G : nat -> S -> S -> S.
Hypothesis G_pulls : forall t x lam V, fine t x -> pair_ (G t x lam) V = pair_ lam (J t x V).
Fixpoint losseS (k r : nat) (e : R) (x : S) : R := match r with O => l k x | Datatypes.S q => l k x + losseS (Datatypes.S k) q e (stepe (Datatypes.S k) e x) end.
Theorem total_gradientS r : forall k X V, movesS X s V -> (forall c, (c < r)%nat -> fine (k + Datatypes.S c) (runS step k c (X s))) ->
  is_derive (fun e => losseS k r e (X e)) s (pair_ (adjointS step dl G k r (X s)) V
    + sum r (fun c => pair_ (adjointS step dl G (k + Datatypes.S c) (r - Datatypes.S c) (runS step k (Datatypes.S c) (X s))) (D (k + Datatypes.S c) (runS step k c (X s))))).
Proof.
  induction r; intros k X V HX HF.
  - simpl. rewrite Rplus_0_r. now apply l_slope.
  - destruct (fine_first step fine k r (X s) HF) as [F1 F2]. eapply D_eq.
    + apply D_plus; [apply l_slope, HX|]. apply (IHr (Datatypes.S k) (fun e => stepe (Datatypes.S k) e (X e))); [apply step_total; [exact HX | exact F1] | exact F2].
    + cbv beta. change (stepe (Datatypes.S k) s (X s)) with (step (Datatypes.S k) (X s)). rewrite sum_shift. cbn [adjointS].
      rewrite pair_add_l, pair_add_r, (G_pulls (Datatypes.S k) (X s) _ V F1). replace (k + 1)%nat with (Datatypes.S k) by lia.
      replace (Datatypes.S r - 1)%nat with r by lia. rewrite (runS_first step k 0 (X s)).
      change (runS step (Datatypes.S k) 0 (step (Datatypes.S k) (X s))) with (step (Datatypes.S k) (X s)). change (runS step k 0 (X s)) with (X s).
      rewrite (sum_ext r (fun c => pair_ (adjointS step dl G (Datatypes.S k + Datatypes.S c) (r - Datatypes.S c) (runS step (Datatypes.S k) (Datatypes.S c) (step (Datatypes.S k) (X s)))) (D (Datatypes.S k + Datatypes.S c) (runS step (Datatypes.S k) c (step (Datatypes.S k) (X s)))))
        (fun c => pair_ (adjointS step dl G (k + Datatypes.S (Datatypes.S c)) (Datatypes.S r - Datatypes.S (Datatypes.S c)) (runS step k (Datatypes.S (Datatypes.S c)) (X s))) (D (k + Datatypes.S (Datatypes.S c)) (runS step k (Datatypes.S c) (X s))))).
      * ring.
      * intros c _. rewrite (runS_first step k (Datatypes.S c)), (runS_first step k c).
        replace (Datatypes.S k + Datatypes.S c)%nat with (k + Datatypes.S (Datatypes.S c))%nat by lia.
        now replace (Datatypes.S r - Datatypes.S (Datatypes.S c))%nat with (r - Datatypes.S c)%nat by lia.
Qed.
End by_parameter.
End states.
Lemma frobenius_add p q A B v : frobenius p q (madd A B) v = frobenius p q A v + frobenius p q B v.
Proof. unfold frobenius, madd. rewrite <- sum_plus. apply sum_ext; intros. rewrite <- sum_plus. apply sum_ext; intros; ring. Qed.
