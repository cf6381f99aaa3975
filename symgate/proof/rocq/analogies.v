
(* ==== analogies ==== *)
Lemma telescoped (s : nat -> R) k t : (k <= t)%nat -> (forall j, (k <= j <= t)%nat -> s j <> 0) ->
  Prod (k + 1) t (fun j => s (j - 1)%nat * / s j) = s k * / s t.
Proof.
  intros H. induction H as [|t Hkt IH]; intros Hs.
  - rewrite Prod_empty by lia. field. apply Hs; lia.
  - rewrite Prod_last by lia. rewrite IH by (intros; apply Hs; lia). replace (S t - 1)%nat with t by lia. field.
    split; apply Hs; lia.
Qed.
Ltac realised s k t Hkt Hs := transitivity (s k * / s t); [rewrite <- (telescoped s k t Hkt Hs); apply Prod_ext; intros; ring | ring].
Lemma rooted d k t : (k < t)%nat -> 0 < d -> Prod (k + 1) t (fun _ => Rpower d (/ INR (t - k))) = d.
Proof.
  intros H Hd. rewrite Prod_const. replace (S t - (k + 1))%nat with (t - k)%nat by lia.
  rewrite <- Rpower_pow by apply exp_pos. rewrite Rpower_mult, Rinv_l, Rpower_1; [reflexivity | exact Hd | apply not_0_INR; lia].
Qed.
Ltac scalar_rate := runs; unfold Vprod; rewrite ?Prod_const; pointwise; powers; ring.
Lemma before_is j : (1 <= j)%nat -> INR (j - 1) = INR j - 1.
Proof. intros H. rewrite minus_INR by exact H. reflexivity. Qed.
Ltac example_gate := intros; rewrite ?before_is in * by lia; first
  [ ring
  | same_arguments cos; ring
  | match goal with |- context [?c ^ (?T - (?j - 1))] => replace (T - (j - 1))%nat with (S (T - j)) in * by lia; cbn [pow] in *; field; assumption end
  | repeat match goal with |- context [Nat.ltb ?a ?b] => destruct (Nat.ltb_spec a b) | |- context [Nat.eqb ?a ?b] => destruct (Nat.eqb_spec a b) end;
      first [lia | field; assumption | field] ].
