(* ==== many steps of several states of which one is a matrix: its columns stand among the other states ==== *)
Lemma vectorised_entry n A i j : (i < n)%nat -> vectorised n A (j * n + i)%nat = A i j.
Proof. intros H. unfold vectorised. now rewrite div_small, mod_small by exact H. Qed.
(* a vector added to another one, as matrices that have them for columns *)
Lemma frobenius_unstacked_add n m L x y : frobenius n m L (unstacked n (vadd x y)) = frobenius n m L (unstacked n x) + frobenius n m L (unstacked n y).
Proof. exact (frobenius_sum_r n m L (unstacked n x) (unstacked n y)). Qed.
Lemma frobenius_unstacked n m k L M v Z : takes (m * n) k M v (vectorised n Z) -> frobenius n m L (unstacked n (M *[k] v)) = frobenius n m L Z.
Proof.
  intros H. apply sum_ext. intros i Hi. apply sum_ext. intros j Hj. apply f_equal. unfold unstacked.
  rewrite (H (j * n + i)%nat (in_columns n m i j Hi Hj)). now apply vectorised_entry.
Qed.
(* numbers stand in front of a Kronecker product, as they do before any other matrix *)
Lemma takes_kron_scal n k p q A c M v w : takes n k (kron p q A M) v w -> takes n k (kron p q A (mscal c M)) v (vscal c w).
Proof. intros H. rewrite kron_scal. now apply takes_scal. Qed.
Lemma takes_kron_opp n k p q A M v w : takes n k (kron p q A M) v w -> takes n k (kron p q A (mopp M)) v (vopp w).
Proof. intros H. rewrite kron_opp. now apply takes_opp. Qed.
Ltac taken_over ::= lazymatch goal with
  | |- takes _ _ (madd _ _) _ _ => eapply takes_add; taken_over
  | |- takes _ _ (mopp _) _ _ => eapply takes_opp; taken_over
  | |- takes _ _ (mscal _ _) _ _ => eapply takes_scal; taken_over
  | |- takes _ _ (mm _ _ _) _ _ => eapply takes_mm; taken_over
  | |- takes _ _ (kron _ _ _ (mscal _ _)) _ _ => eapply takes_kron_scal; taken_over
  | |- takes _ _ (kron _ _ _ (mopp _)) _ _ => eapply takes_kron_opp; taken_over
  | |- takes _ _ (diag _) _ _ => apply takes_diag
  | |- takes _ _ eye _ _ => apply takes_eye
  | |- takes _ _ mzero _ _ => apply takes_zero
  | |- takes _ _ (outer _ _) _ _ => apply takes_outer
  | |- takes _ _ (Msum _ _ _) _ _ => eapply takes_Msum; intros ? ?; cbv beta; taken_over
  | |- takes _ _ (Product _ _ _ _) _ _ => first
      [ eapply takes_multiple, Product_multiple; intros ?; is_multiple
      | eapply takes_diagonal, Product_diagonal; intros ?; is_diagonal | apply takes_any ]
  | |- takes _ _ (order ?n ?A ?B 0 (S ?k) (?t - ?k)) _ _ => rewrite (order_first n A B k t) by lia; taken_over
  | |- takes _ _ (order ?n ?A ?B (S ?q) (S ?k) (?t - ?k)) _ _ => rewrite (order_next n A B q k t) by lia; taken_over
  | |- _ => apply takes_any
  end.
