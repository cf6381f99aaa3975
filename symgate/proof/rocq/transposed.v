(* ==== a matrix that the recurrence transposes: a Kronecker product with a row on the right ==== *)
Lemma takes_kron_row n p q y A W w : takes n q A (mv p (tr W) y) w -> takes n (q * p) (kron 1 p A (row y)) (vectorised p W) w.
Proof.
  intros H i Hi. rewrite <- H by exact Hi. unfold mv at 1. rewrite sum_pairs. apply sum_ext; intros l _.
  unfold mv. rewrite <- sum_scal. apply sum_ext; intros k Hk.
  unfold kron, row, vectorised, tr. rewrite div_small, mod_small, Nat.div_1_r by exact Hk. ring.
Qed.
Lemma tr_tr A : tr (tr A) = A. Proof. reflexivity. Qed.
#[export] Hint Rewrite tr_tr : push.
Ltac taken ::= first
  [ eapply takes_diag_vec | eapply takes_add; taken | eapply takes_opp; taken | eapply takes_scal; taken | eapply takes_mm; taken
  | eapply takes_diag | eapply takes_eye | eapply takes_zero | eapply takes_outer
  | eapply takes_kron_row; taken | eapply takes_kron; [eapply takes_any | taken] | eapply takes_any ].
