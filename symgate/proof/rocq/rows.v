(* ==== rows that a diagonal scales, over time ==== *)
Lemma dot_scaled_tr n k c A u v : dot n (had c (mv k (tr A) u)) v = dot k u (mv n A (had c v)).
Proof. rewrite <- dot_tr_l. apply sum_ext; intros; unfold had; ring. Qed.
#[export] Hint Rewrite dot_scaled_tr : push.
