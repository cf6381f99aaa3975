(* ==== many steps of a state that is a matrix: its columns, one below the other, are the vector of the theorems ==== *)
Definition unstacked (n : nat) (v : vec) : mat := fun i j => v (j * n + i)%nat.
Definition repeated (n : nat) (v : vec) : vec := fun c => v (c / n)%nat.
Lemma in_columns n m i j : (i < n)%nat -> (j < m)%nat -> (j * n + i < m * n)%nat.
Proof. intros Hi Hj. nia. Qed.
Lemma columns_back n m v c : (c < m * n)%nat -> vectorised n (unstacked n v) c = v c.
Proof.
  intros H. assert (n <> 0)%nat by (intros ->; lia). unfold vectorised, unstacked. f_equal.
  rewrite (Nat.div_mod c n) at 3 by assumption. lia.
Qed.
Lemma along_unstacked n m X s V : along (m * n) X s V -> along2 n m (fun e => unstacked n (X e)) s (unstacked n V).
Proof. intros H i j Hi Hj. apply H. now apply in_columns. Qed.
Lemma takes_columns n m M V Z : acts n m n m M (unstacked n V) Z -> takes (m * n) (m * n) M V (vectorised n Z).
Proof. intros H i Hi. rewrite <- (H i Hi). apply sum_ext. intros k Hk. now rewrite (columns_back n m V k Hk). Qed.
Lemma diagonal_kron n m g : diagonal (m * n) (kron n n (diag g) eye) (repeated n g).
Proof.
  intros v i Hi. assert (n <> 0)%nat by (intros ->; lia). rewrite <- (takes_diag (m * n) (repeated n g) v i Hi).
  apply sum_ext. intros k Hk. f_equal. unfold kron, diag, eye, delta, repeated.
  destruct (Nat.eqb_spec i k) as [->|E]; [rewrite !Nat.eqb_refl; ring|].
  destruct (Nat.eqb_spec (i / n) (k / n)) as [D|D], (Nat.eqb_spec (i mod n) (k mod n)) as [M|M]; try ring.
  exfalso. apply E. rewrite (Nat.div_mod i n), (Nat.div_mod k n), D, M by assumption. reflexivity.
Qed.
Lemma own_kron N n g : own_entries N (kron n n (diag g) eye) (repeated n g).
Proof. intros q Hq. unfold kron, diag, eye, repeated. rewrite !delta_own. ring. Qed.
Ltac own_written ::= first [apply own_kron | eapply own_eq; [own_taken | intros ? ?; cbv beta; close_over]].
Ltac is_diagonal ::= lazymatch goal with
  | |- diagonal _ mzero _ => apply diagonal_zero
  | |- diagonal _ (kron _ _ (diag _) eye) _ => apply diagonal_kron
  | |- diagonal _ (diag _) _ => apply diagonal_diag
  | |- diagonal _ (mscal _ _) _ => first [eapply diagonal_multiple; is_multiple | eapply diagonal_scal; is_diagonal]
  | |- diagonal _ (madd _ _) _ => eapply diagonal_add; is_diagonal
  | |- diagonal _ (mopp _) _ => eapply diagonal_opp; is_diagonal
  | |- diagonal _ (mm _ _ _) _ => eapply diagonal_mm; is_diagonal
  | |- _ => eapply diagonal_multiple; is_multiple
  end.
