
(* ==== expansions that end: a factor B lowers the level of an index, a factor A does not raise it ==== *)
Lemma sum_of_zeros n f : (forall k, (k < n)%nat -> f k = 0) -> sum n f = 0.
Proof. intros H. rewrite (sum_ext n f (fun _ => 0) H). apply sum_zero. Qed.
Section levels.
Variable n : nat.
Variables A B : nat -> mat.
Variable level : nat -> nat.
Variable top : nat.
Hypothesis level_top : forall i, (level i <= top)%nat.
Hypothesis A_keeps : forall j i h, (level i < level h)%nat -> A j i h = 0.
Hypothesis B_lowers : forall j i h, (level i <= level h)%nat -> B j i h = 0.
Lemma order_below lo len : forall m i j, (i < n)%nat -> (level i < m)%nat -> order n A B m lo len i j = 0.
Proof.
  induction len; intros m i j Hi Hm; (destruct m as [|q]; [lia|]); [reflexivity|].
  rewrite order_step by exact Hi. unfold mm. transitivity (0 + 0); [|ring]. apply f_equal2; apply sum_of_zeros; intros h Hh.
  - destruct (Nat.lt_ge_cases (level i) (level h)) as [L|L]; [rewrite A_keeps by exact L | rewrite IHlen by lia]; ring.
  - destruct (Nat.le_gt_cases (level i) (level h)) as [L|L]; [rewrite B_lowers by exact L | rewrite IHlen by lia]; ring.
Qed.
Theorem order_ends m lo len : (top < m)%nat -> same n n (order n A B m lo len) mzero.
Proof. intros Hm i j Hi _. apply order_below; [exact Hi | specialize (level_top i); lia]. Qed.
Lemma rest_ends p lo len : (top <= p)%nat -> forall i j, rest n A B 1 p lo len i j = 0.
Proof.
  intros Hp. induction len; intros i j; [reflexivity|]. cbn [rest]. unfold madd, mscal, mm.
  transitivity (0 + 1 ^ S p * 0); [|ring]. apply f_equal2; [|f_equal]; apply sum_of_zeros; intros h Hh.
  - rewrite IHlen. ring.
  - destruct (Nat.le_gt_cases (level i) (level h)) as [L|L]; [rewrite B_lowers by exact L; ring|].
    rewrite order_below; [ring | exact Hh | specialize (level_top i); lia].
Qed.
Theorem orders_are_all p lo len : (top <= p)%nat ->
  same n n (product n (fun j => (A j + B j)%M) lo len) (fun i j => sum (S p) (fun m => order n A B m lo len i j)).
Proof.
  intros Hp i j Hi _. rewrite (product_ext n _ (whole A B 1)).
  - rewrite (expansion n A B 1 p lo len i j Hi), rest_ends by exact Hp. unfold orders. rewrite Rplus_0_r.
    apply sum_ext. intros m _. rewrite pow1. ring.
  - intros k _. extensionality a; extensionality b. unfold whole, madd, mscal. ring.
Qed.
End levels.
(* the orders in blocks, where whole sums are zero *)
Ltac close_ending := lazymatch goal with
  | |- stacked _ _ _ _ = stacked _ _ _ _ => eapply stacked_at; [| | eassumption]; intros ? ?; close_ending
  | |- _ => pushed; lazymatch goal with
    | |- Vsum _ _ _ _ = zeros _ => apply Vsum_zero; intros ? ?; zero_over
    | |- Vsum ?lo ?hi _ ?i = Vsum ?lo ?hi _ ?i => apply Vsum_at; intros ? ?; close_ending
    | |- _ => deltas; alike_over; over_entry
    end
  end.
Ltac written_ending lemma := eapply lemma; [intros; taken_blocks | intros; taken_blocks | intros; cbv beta; close_ending].
