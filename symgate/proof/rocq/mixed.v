(* ==== several states of which one is a matrix: its columns stand among the other states ==== *)
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
(* a column of a matrix times a vector that moves with another state *)
Lemma raises_kron_taken n m k a B y w : takes n k B y w -> raises n m k (kron n k (tr (row a)) B) y (outer w a).
Proof.
  intros H i Hi. rewrite (raises_kron n m k a B y i Hi). destruct (on_columns n m i Hi) as [D _].
  unfold vectorised, outer. now rewrite (H _ D).
Qed.
Ltac raised_on_parts ::= lazymatch goal with
  | |- raises _ _ _ (madd _ _) _ _ => eapply raises_add; raised_on_parts
  | |- raises _ _ _ (mopp _) _ _ => eapply raises_opp; raised_on_parts
  | |- raises _ _ _ (mscal _ _) _ _ => eapply raises_scal; raised_on_parts
  | |- raises _ _ _ (mm _ (diag (vectorised _ _)) _) _ _ => eapply raises_diag; raised_on_parts
  | |- raises _ _ 1 (kron _ 1 (tr (row _)) (tr (row _))) (fun _ => _) _ => apply raises_columns
  | |- raises _ _ _ (kron _ 1 _ (tr (row _))) _ _ => eapply raises_kron_column; taken
  | |- raises _ _ _ (kron _ _ (tr (row _)) _) _ _ => eapply raises_kron_taken; taken
  | |- raises _ _ _ mzero _ _ => eapply raises_zero
  end.
(* numbers stand in front of a Kronecker product, as they do before any other matrix *)
Lemma takes_kron_scal n k p q A c M v w : takes n k (kron p q A M) v w -> takes n k (kron p q A (mscal c M)) v (vscal c w).
Proof. intros H. rewrite kron_scal. now apply takes_scal. Qed.
Lemma takes_kron_opp n k p q A M v w : takes n k (kron p q A M) v w -> takes n k (kron p q A (mopp M)) v (vopp w).
Proof. intros H. rewrite kron_opp. now apply takes_opp. Qed.
Lemma had_Vprod_zeros lo hi v : had (Vprod lo hi (fun _ => zeros)) v = vscal (0 ^ (S hi - lo)) v.
Proof. extensionality i. unfold had, Vprod, vscal, zeros. now rewrite Prod_const. Qed.
#[export] Hint Rewrite had_Vprod_zeros : push.
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
(* sums over time that stand on one side inside, and on the other outside, of an outer product or a diagonal *)
Lemma vadd_at a b i : vadd a b i = a i + b i. Proof. reflexivity. Qed.
Lemma vscal_at c a i : vscal c a i = c * a i. Proof. reflexivity. Qed.
Lemma vopp_at a i : vopp a i = - a i. Proof. reflexivity. Qed.
Lemma had_at a b i : had a b i = a i * b i. Proof. reflexivity. Qed.
Lemma Vsum_is lo hi f i : Vsum lo hi f i = Sum lo hi (fun t => f t i). Proof. reflexivity. Qed.
Ltac sums_joined := repeat (first [rewrite vadd_at | rewrite vscal_at | rewrite vopp_at | rewrite had_at
    | rewrite takes_diag by assumption | rewrite Vsum_is]);
  repeat first [rewrite Sum_mult_l | rewrite Sum_mult_r]; rewrite <- ?Sum_plus; apply Sum_ext; intros ? ?; cbv beta.
Ltac close_blocks ::= lazymatch goal with
  | |- stacked _ _ _ _ = stacked _ _ _ _ => eapply stacked_at; [| | eassumption]; intros ? ?; close_blocks
  | |- _ => pushed; lazymatch goal with
    | |- Vsum ?lo ?hi _ ?i = Vsum ?lo ?hi _ ?i => apply Vsum_at; intros ? ?; close_blocks
    | |- _ => first [solve [deltas; alike_over; over_entry] | sums_joined; pushed; deltas; alike_over; over_entry]
    end
  end.
