
(* ==== bounds by norms ==== *)
Record matrix_norm (n : nat) (norm : mat -> R) : Prop := {
  norm_same : forall M N, same n n M N -> norm M = norm N;
  norm_add : forall M N, norm (madd M N) <= norm M + norm N;
  norm_mul : forall M N, norm (mm n M N) <= norm M * norm N;
  norm_scal : forall c M, norm (mscal c M) = Rabs c * norm M }.
Section bounds.
Variable n : nat.
Variable norm : mat -> R.
Hypothesis N : matrix_norm n norm.
Lemma norm_zero M : same n n M mzero -> norm M = 0.
Proof.
  intros H. rewrite (norm_same n norm N M (mscal 0 M)); [rewrite (norm_scal n norm N), Rabs_R0; ring|].
  intros i j Hi Hj. rewrite (H i j Hi Hj). unfold mscal, mzero. ring.
Qed.
Lemma norm_nonneg M : 0 <= norm M.
Proof.
  pose proof (norm_add n norm N M (mscal (-1) M)) as H. rewrite (norm_scal n norm N) in H. replace (Rabs (-1)) with 1 in H by (rewrite Rabs_left; lra).
  rewrite (norm_zero (madd M (mscal (-1) M))) in H; [lra|]. intros i j _ _. unfold madd, mscal, mzero. ring.
Qed.
Variables A B : nat -> mat.
Definition one_by_one (f : nat -> mat) : nat -> mat := fun j _ _ => norm (f j).
Lemma mm_1 X Y : mm 1 X Y 0%nat 0%nat = X 0%nat 0%nat * Y 0%nat 0%nat.
Proof. unfold mm. simpl. ring. Qed.
Lemma elementary_nonneg m lo : forall len, 0 <= order 1 (one_by_one A) (one_by_one B) m lo len 0%nat 0%nat.
Proof.
  induction m; intros len.
  - cbn [order]. induction len; cbn [product]; [unfold eye; rewrite delta_own; lra|]. rewrite mm_1. apply Rmult_le_pos; [apply norm_nonneg | exact IHlen].
  - induction len; [cbn [order]; unfold msum; simpl; lra|]. rewrite order_step by lia. rewrite !mm_1.
    apply Rplus_le_le_0_compat; apply Rmult_le_pos; try apply norm_nonneg; [exact IHlen | apply IHm].
Qed.
Lemma times_order m lo : forall len X, norm (mm n X (order n A B m lo len)) <= norm X * order 1 (one_by_one A) (one_by_one B) m lo len 0%nat 0%nat.
Proof.
  induction m; intros len; induction len; intros X.
  - cbn [order product]. unfold eye at 2. rewrite delta_own, Rmult_1_r. apply Req_le, (norm_same n norm N).
    intros i j Hi Hj. unfold mm, eye. rewrite (sum_ext n _ (fun k => delta j k * X i k)); [now rewrite sum_delta|].
    intros k _. unfold delta. rewrite (Nat.eqb_sym k j). ring.
  - cbn [order product] in *. rewrite <- mm_assoc, mm_1. eapply Rle_trans; [apply IHlen|]. rewrite <- Rmult_assoc.
    apply Rmult_le_compat_r; [apply (elementary_nonneg 0) | apply (norm_mul n norm N)].
  - cbn [order]. unfold msum at 2. simpl sum. rewrite Rmult_0_r. apply Req_le, norm_zero. intros i j _ _. unfold mm, msum, mzero.
    simpl sum. rewrite (sum_ext n _ (fun _ => 0)); [apply sum_zero | intros; ring].
  - rewrite (order_step 1) by lia. rewrite !mm_1.
    rewrite (norm_same n norm N _ (madd (mm n (mm n X (A (lo + len)%nat)) (order n A B (S m) lo len)) (mm n (mm n X (B (lo + len)%nat)) (order n A B m lo len)))).
    + eapply Rle_trans; [apply (norm_add n norm N)|]. rewrite Rmult_plus_distr_l. apply Rplus_le_compat.
      * eapply Rle_trans; [apply IHlen|]. rewrite <- Rmult_assoc. apply Rmult_le_compat_r; [apply elementary_nonneg | apply (norm_mul n norm N)].
      * eapply Rle_trans; [apply IHm|]. rewrite <- Rmult_assoc. apply Rmult_le_compat_r; [apply elementary_nonneg | apply (norm_mul n norm N)].
    + intros i j Hi Hj. unfold madd. rewrite !mm_assoc. rewrite <- mm_plus. apply mm_cong. intros k Hk. unfold madd. now apply order_step.
Qed.
Variable eps : R.
Hypothesis eps_nonneg : 0 <= eps.
Lemma rest_bounded p lo len : norm (rest n A B eps p lo len) <= rest 1 (one_by_one A) (one_by_one B) eps p lo len 0%nat 0%nat.
Proof.
  induction len.
  - cbn [rest]. apply Req_le, norm_zero. intros i j _ _. reflexivity.
  - cbn [rest]. unfold madd at 2, mscal at 2. rewrite !mm_1. eapply Rle_trans; [apply (norm_add n norm N)|]. apply Rplus_le_compat.
    + eapply Rle_trans; [apply (norm_mul n norm N)|]. apply Rmult_le_compat; try apply norm_nonneg; [|exact IHlen].
      unfold whole at 2, madd, mscal. eapply Rle_trans; [apply (norm_add n norm N)|]. rewrite (norm_scal n norm N), Rabs_right by lra. apply Rle_refl.
    + rewrite (norm_scal n norm N), Rabs_right by (apply Rle_ge, pow_le, eps_nonneg). apply Rmult_le_compat_l; [apply pow_le, eps_nonneg|].
      apply times_order.
Qed.
(* the bound, as it is printed: e_m is the part of order m of the product of a_j + eps b_j *)
Definition elementary (m k t : nat) : R := order 1 (one_by_one A) (one_by_one B) m (S k) (t - k) 0%nat 0%nat.
Lemma product_1 f lo len : product 1 f lo len 0%nat 0%nat = prod len (fun c => f (lo + c)%nat 0%nat 0%nat).
Proof. induction len; cbn [product prod]; [unfold eye; apply delta_own | rewrite mm_1, IHlen; ring]. Qed.
Lemma Product_1 f lo hi : Product 1 lo hi f 0%nat 0%nat = Prod lo hi (fun j => f j 0%nat 0%nat).
Proof. apply product_1. Qed.
Lemma elementary_first k t : (k <= t)%nat -> elementary 0 k t = Prod (k + 1) t (fun j => norm (A j)).
Proof. intros H. unfold elementary. rewrite order_first by exact H. apply Product_1. Qed.
Lemma elementary_next q k t : (k <= t)%nat ->
  elementary (S q) k t = Sum (k + S q) t (fun i => Prod (i + 1) t (fun j => norm (A j)) * (norm (B i) * elementary q k (i - 1))).
Proof.
  intros H. unfold elementary. rewrite order_next by exact H. unfold Msum. apply Sum_ext. intros i Hi. rewrite !mm_1, Product_1. reflexivity.
Qed.
Definition bounded (p k t : nat) : R := rest 1 (one_by_one A) (one_by_one B) eps p (S k) (t - k) 0%nat 0%nat.
Lemma bounded_is p k t : (k <= t)%nat ->
  bounded p k t = Prod (k + 1) t (fun j => norm (A j) + eps * norm (B j)) - sum (S p) (fun m => eps ^ m * elementary m k t).
Proof.
  intros H. unfold bounded. pose proof (expansion 1 (one_by_one A) (one_by_one B) eps p (S k) (t - k) 0 0 ltac:(lia)) as E. unfold orders in E.
  rewrite product_1 in E. unfold elementary. unfold Prod. replace (S t - (k + 1))%nat with (t - k)%nat by lia.
  replace (prod (t - k) _) with (prod (t - k) (fun c => whole (one_by_one A) (one_by_one B) eps (S k + c) 0%nat 0%nat)); [rewrite E; ring|].
  apply prod_ext. intros c _. unfold whole, madd, mscal, one_by_one. replace (k + 1 + c)%nat with (S k + c)%nat by lia. reflexivity.
Qed.
Lemma bounded_step p k t : (k < t)%nat ->
  bounded p k t = (norm (A t) + eps * norm (B t)) * bounded p k (t - 1) + eps ^ S p * (norm (B t) * elementary p k (t - 1)).
Proof.
  intros H. unfold bounded, elementary. replace (t - k)%nat with (S (t - 1 - k)) by lia. cbn [rest]. unfold madd at 1, mscal at 1.
  rewrite !mm_1. replace (S k + (t - 1 - k))%nat with t by lia. reflexivity.
Qed.
Lemma bounded_start p k : bounded p k k = 0.
Proof. unfold bounded. now replace (k - k)%nat with 0%nat by lia. Qed.
Theorem remainder_bounded p k t : norm (product n (whole A B eps) (S k) (t - k) - orders n A B eps p (S k) (t - k)) <= bounded p k t.
Proof.
  eapply Rle_trans; [|apply rest_bounded]. apply Req_le, (norm_same n norm N). intros i j Hi Hj. unfold madd, mopp.
  rewrite (expansion n A B eps p (S k) (t - k) i j Hi). ring.
Qed.
End bounds.
Ltac same_over := repeat match goal with
  | |- context [Prod ?lo ?hi ?f] => match goal with |- context [Prod lo hi ?g] =>
      tryif constr_eq f g then fail else (replace (Prod lo hi f) with (Prod lo hi g) by (apply Prod_ext; intros; ring)) end
  | |- context [Sum ?lo ?hi ?f] => match goal with |- context [Sum lo hi ?g] =>
      tryif constr_eq f g then fail else (replace (Sum lo hi f) with (Sum lo hi g) by (apply Sum_ext; intros; elementaries; ring)) end
  end
with elementaries := rewrite ?elementary_next, ?elementary_first by (assumption || lia); cbv beta; same_over.
Ltac bound_written := rewrite bounded_is by (assumption || lia); cbn [sum pow]; elementaries; ring.
