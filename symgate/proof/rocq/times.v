
(* ==== over time: both bounds belong to the range; where it is empty a sum is 0 and a product 1, or I ==== *)
Fixpoint prod (n : nat) (f : nat -> R) : R := match n with O => 1 | S k => prod k f * f k end.
Definition Sum (lo hi : nat) (f : nat -> R) : R := sum (S hi - lo) (fun c => f (lo + c)%nat).
Definition Prod (lo hi : nat) (f : nat -> R) : R := prod (S hi - lo) (fun c => f (lo + c)%nat).
Definition Vsum (lo hi : nat) (f : nat -> vec) : vec := fun i => Sum lo hi (fun t => f t i).
Definition Vprod (lo hi : nat) (f : nat -> vec) : vec := fun i => Prod lo hi (fun t => f t i).
Definition Msum (lo hi : nat) (f : nat -> mat) : mat := fun i j => Sum lo hi (fun t => f t i j).
Definition Product (n lo hi : nat) (f : nat -> mat) : mat := product n f lo (S hi - lo).
Definition vpow (v : vec) (k : nat) : vec := fun i => v i ^ k.
Definition diagonal_of (A : mat) : vec := fun i => A i i.
(* blocks: p rows of the first, then the second; p columns of the first, then the second *)
Definition above (p : nat) (A B : mat) : mat := fun i j => if Nat.ltb i p then A i j else B (i - p)%nat j.
Definition beside (p : nat) (A B : mat) : mat := fun i j => if Nat.ltb j p then A i j else B i (j - p)%nat.
Definition stacked (p : nat) (u v : vec) : vec := fun i => if Nat.ltb i p then u i else v (i - p)%nat.
(* the entries of two matrices are the same *)
Definition same (n k : nat) (A B : mat) : Prop := forall i j, (i < n)%nat -> (j < k)%nat -> A i j = B i j.

Lemma prod_ext n f g : (forall k, (k < n)%nat -> f k = g k) -> prod n f = prod n g.
Proof. induction n; simpl; intros H; auto. rewrite IHn, H; auto. Qed.
Lemma prod_const n c : prod n (fun _ => c) = c ^ n.
Proof. induction n; simpl; [reflexivity | rewrite IHn; ring]. Qed.
Lemma Sum_ext lo hi f g : (forall t, (lo <= t <= hi)%nat -> f t = g t) -> Sum lo hi f = Sum lo hi g.
Proof. intros H. apply sum_ext. intros c Hc. apply H. lia. Qed.
Lemma Prod_ext lo hi f g : (forall t, (lo <= t <= hi)%nat -> f t = g t) -> Prod lo hi f = Prod lo hi g.
Proof. intros H. apply prod_ext. intros c Hc. apply H. lia. Qed.
Lemma Sum_zero lo hi f : (forall t, (lo <= t <= hi)%nat -> f t = 0) -> Sum lo hi f = 0.
Proof. intros H. unfold Sum. rewrite (sum_ext _ _ (fun _ => 0)); [apply sum_zero|]. intros c Hc. apply H. lia. Qed.
Lemma Sum_plus lo hi f g : Sum lo hi (fun t => f t + g t) = Sum lo hi f + Sum lo hi g.
Proof. apply sum_plus. Qed.
Lemma Sum_mult_l lo hi c f : c * Sum lo hi f = Sum lo hi (fun t => c * f t).
Proof. symmetry. apply sum_scal. Qed.
Lemma Sum_mult_r lo hi c f : Sum lo hi f * c = Sum lo hi (fun t => f t * c).
Proof. apply sum_scal_r. Qed.
Lemma Prod_const lo hi c : Prod lo hi (fun _ => c) = c ^ (S hi - lo).
Proof. unfold Prod. apply prod_const. Qed.
Lemma Prod_empty lo hi f : (hi < lo)%nat -> Prod lo hi f = 1.
Proof. intros H. unfold Prod. now replace (S hi - lo)%nat with 0%nat by lia. Qed.
Lemma Prod_last lo hi f : (lo <= S hi)%nat -> Prod lo (S hi) f = Prod lo hi f * f (S hi).
Proof.
  intros H. unfold Prod. replace (S (S hi) - lo)%nat with (S (S hi - lo)) by lia. cbn [prod].
  now replace (lo + (S hi - lo))%nat with (S hi) by lia.
Qed.
Lemma Sum_last lo hi f : (lo <= S hi)%nat -> Sum lo (S hi) f = Sum lo hi f + f (S hi).
Proof.
  intros H. unfold Sum. replace (S (S hi) - lo)%nat with (S (S hi - lo)) by lia. cbn [sum].
  now replace (lo + (S hi - lo))%nat with (S hi) by lia.
Qed.
Lemma Sum_skip lo more hi f : (forall t, (lo <= t < lo + more)%nat -> f t = 0) -> Sum (lo + more) hi f = Sum lo hi f.
Proof.
  intros H. unfold Sum. destruct (Nat.le_gt_cases (lo + more) (S hi)) as [L|L].
  - replace (S hi - lo)%nat with (more + (S hi - (lo + more)))%nat by lia. rewrite sum_split.
    rewrite (sum_ext more _ (fun _ => 0)) by (intros; apply H; lia). rewrite sum_zero, Rplus_0_l.
    apply sum_ext. intros; f_equal; lia.
  - replace (S hi - (lo + more))%nat with 0%nat by lia. cbn [sum]. symmetry. rewrite (sum_ext _ _ (fun _ => 0)); [apply sum_zero|].
    intros; apply H; lia.
Qed.
(* sums move out of everything *)
Lemma had_Vsum_l lo hi f u : had (Vsum lo hi f) u = Vsum lo hi (fun t => had (f t) u).
Proof. extensionality i. unfold had, Vsum. apply Sum_mult_r. Qed.
Lemma had_Vsum_r lo hi f u : had u (Vsum lo hi f) = Vsum lo hi (fun t => had u (f t)).
Proof. extensionality i. unfold had, Vsum. apply Sum_mult_l. Qed.
Lemma scal_Vsum lo hi f c : vscal c (Vsum lo hi f) = Vsum lo hi (fun t => vscal c (f t)).
Proof. extensionality i. unfold vscal, Vsum. apply Sum_mult_l. Qed.
Lemma scal_Sum lo hi f u : vscal (Sum lo hi f) u = Vsum lo hi (fun t => vscal (f t) u).
Proof. extensionality i. unfold vscal, Vsum. apply Sum_mult_r. Qed.
Lemma add_Vsum lo hi f g : vadd (Vsum lo hi f) (Vsum lo hi g) = Vsum lo hi (fun t => vadd (f t) (g t)).
Proof. extensionality i. unfold vadd, Vsum. symmetry. apply Sum_plus. Qed.
Lemma mv_Vsum n lo hi A f : mv n A (Vsum lo hi f) = Vsum lo hi (fun t => mv n A (f t)).
Proof.
  extensionality i. unfold mv, Vsum, Sum. rewrite <- sum_swap. apply sum_ext; intros. now rewrite <- sum_scal.
Qed.
Lemma dot_Vsum_r n lo hi u f : dot n u (Vsum lo hi f) = Sum lo hi (fun t => dot n u (f t)).
Proof. unfold dot, Vsum, Sum. rewrite <- sum_swap. apply sum_ext; intros. now rewrite <- sum_scal. Qed.
Lemma dot_Vsum_l n lo hi u f : dot n (Vsum lo hi f) u = Sum lo hi (fun t => dot n (f t) u).
Proof. rewrite dot_comm, dot_Vsum_r. apply Sum_ext; intros; apply dot_comm. Qed.
#[export] Hint Rewrite had_Vsum_l had_Vsum_r scal_Vsum scal_Sum add_Vsum mv_Vsum dot_Vsum_l dot_Vsum_r Sum_mult_l Sum_mult_r : push.
Lemma Vsum_at lo hi f g i : (forall t, (lo <= t <= hi)%nat -> f t i = g t i) -> Vsum lo hi f i = Vsum lo hi g i.
Proof. apply Sum_ext. Qed.
Lemma Vsum_zero lo hi f i : (forall t, (lo <= t <= hi)%nat -> f t i = 0) -> Vsum lo hi f i = 0.
Proof. apply Sum_zero. Qed.
(* what matrices over time do to a vector *)
Lemma takes_Msum n k lo hi f v w : (forall t, (lo <= t <= hi)%nat -> takes n k (f t) v (w t)) -> takes n k (Msum lo hi f) v (Vsum lo hi w).
Proof.
  intros H i Hi. unfold mv, Msum, Vsum, Sum.
  rewrite (sum_ext k _ (fun l => sum (S hi - lo) (fun c => f (lo + c)%nat i l * v l))) by (intros; now rewrite sum_scal_r).
  rewrite sum_swap. apply sum_ext. intros c Hc. apply H; [lia | exact Hi].
Qed.
Lemma takes_hadm_outer n k W a b v : takes n k (hadm W (outer a b)) v (had a (mv k W (had b v))).
Proof. intros i Hi. unfold mv, hadm, outer, had. rewrite <- sum_scal. apply sum_ext; intros; ring. Qed.
Lemma takes_hadm_scal n k W c M v w : takes n k (hadm W M) v w -> takes n k (hadm W (mscal c M)) v (vscal c w).
Proof. intros H i Hi. unfold vscal. rewrite <- H by exact Hi. unfold mv, hadm, mscal. rewrite <- sum_scal. apply sum_ext; intros; ring. Qed.
Lemma takes_hadm_Msum n k W lo hi f v w : (forall t, (lo <= t <= hi)%nat -> takes n k (hadm W (f t)) v (w t)) ->
  takes n k (hadm W (Msum lo hi f)) v (Vsum lo hi w).
Proof.
  intros H. apply takes_Msum in H. intros i Hi. rewrite <- H by exact Hi. unfold mv, hadm, Msum.
  apply sum_ext; intros. now rewrite Sum_mult_l.
Qed.
Lemma takes_tr_row n k a b v : takes n k (mm 1 (fun i _ => a i) (row b)) v (vscal (dot k b v) a).
Proof.
  intros i Hi. unfold mv, mm, row, vscal, dot. simpl sum. rewrite Rmult_comm, <- sum_scal. apply sum_ext; intros; ring.
Qed.
(* multiples of I, diagonals, and a scalar in front of a matrix, step after step *)
Definition multiple (n : nat) (A : mat) (c : R) : Prop := forall v, takes n n A v (vscal c v).
Definition diagonal (n : nat) (A : mat) (c : vec) : Prop := forall v, takes n n A v (had c v).
Lemma multiple_eye n : multiple n eye 1.
Proof. intros v i Hi. rewrite (takes_eye n v i Hi). unfold vscal; ring. Qed.
Lemma multiple_only n d : multiple n (mscal d eye) d.
Proof. intros v i Hi. rewrite (takes_scal n n d eye v _ (takes_eye n v)) by exact Hi. reflexivity. Qed.
Lemma multiple_scal n A c d : multiple n A c -> multiple n (mscal d A) (d * c).
Proof. intros H v i Hi. rewrite (takes_scal n n d A v _ (H v)) by exact Hi. unfold vscal; ring. Qed.
Lemma multiple_add n A B c d : multiple n A c -> multiple n B d -> multiple n (madd A B) (c + d).
Proof. intros HA HB v i Hi. rewrite (takes_add n n A B v _ _ (HA v) (HB v)) by exact Hi. unfold vadd, vscal; ring. Qed.
Lemma multiple_opp n A c : multiple n A c -> multiple n (mopp A) (- c).
Proof. intros H v i Hi. rewrite (takes_opp n n A v _ (H v)) by exact Hi. unfold vopp, vscal; ring. Qed.
Lemma multiple_zero n : multiple n mzero 0.
Proof. intros v i Hi. rewrite (takes_zero n n v i Hi). unfold zeros, vscal; ring. Qed.
Lemma diagonal_diag n c : diagonal n (diag c) c.
Proof. intros v. apply takes_diag. Qed.
Lemma diagonal_multiple n A c : multiple n A c -> diagonal n A (vscal c ones).
Proof. intros H v i Hi. rewrite (H v i Hi). unfold vscal, had, ones; ring. Qed.
Lemma diagonal_scal n A c d : diagonal n A c -> diagonal n (mscal d A) (vscal d c).
Proof. intros H v i Hi. rewrite (takes_scal n n d A v _ (H v)) by exact Hi. unfold vscal, had; ring. Qed.
Lemma diagonal_add n A B c d : diagonal n A c -> diagonal n B d -> diagonal n (madd A B) (vadd c d).
Proof. intros HA HB v i Hi. rewrite (takes_add n n A B v _ _ (HA v) (HB v)) by exact Hi. unfold vadd, had; ring. Qed.
Lemma diagonal_opp n A c : diagonal n A c -> diagonal n (mopp A) (vopp c).
Proof. intros H v i Hi. rewrite (takes_opp n n A v _ (H v)) by exact Hi. unfold vopp, had; ring. Qed.
Lemma diagonal_mm n A B c d : diagonal n A c -> diagonal n B d -> diagonal n (mm n A B) (had c d).
Proof. intros HA HB v i Hi. rewrite (takes_mm n n n A B v _ _ (HB v) (HA _)) by exact Hi. unfold had; ring. Qed.
Lemma Product_multiple n lo hi A c : (forall t, multiple n (A t) (c t)) -> multiple n (Product n lo hi A) (Prod lo hi c).
Proof.
  intros H. unfold Product, Prod. induction (S hi - lo)%nat as [|len IH]; [apply multiple_eye|].
  intros v i Hi. cbn [product prod]. rewrite (takes_mm n n n _ _ v _ _ (IH v) (H _ _)) by exact Hi. unfold vscal; ring.
Qed.
Lemma Product_diagonal n lo hi A c : (forall t, diagonal n (A t) (c t)) -> diagonal n (Product n lo hi A) (Vprod lo hi c).
Proof.
  intros H. unfold Product, Vprod, Prod. induction (S hi - lo)%nat as [|len IH].
  - intros v i Hi. cbn [product prod]. rewrite (takes_eye n v i Hi). unfold had; ring.
  - intros v i Hi. cbn [product prod]. rewrite (takes_mm n n n _ _ v _ _ (IH v) (H _ _)) by exact Hi. unfold had; ring.
Qed.
Lemma Product_scaled n lo hi s C v : takes n n (Product n lo hi (fun t => mscal (s t) (C t))) v (vscal (Prod lo hi s) (mv n (Product n lo hi C) v)).
Proof.
  unfold Product, Prod. revert v. induction (S hi - lo)%nat as [|len IH]; intros v i Hi.
  - cbn [product prod]. unfold vscal. ring.
  - cbn [product prod]. rewrite mv_mm, (mv_cong n _ _ _ (IH v)), mv_mscal, mv_scal, (mv_mm n n). unfold vscal; ring.
Qed.
Lemma takes_multiple n A c v : multiple n A c -> takes n n A v (vscal c v). Proof. intros H. apply H. Qed.
Lemma takes_diagonal n A c v : diagonal n A c -> takes n n A v (had c v). Proof. intros H. apply H. Qed.
Ltac is_multiple := lazymatch goal with
  | |- multiple _ eye _ => apply multiple_eye
  | |- multiple _ mzero _ => apply multiple_zero
  | |- multiple _ (mscal _ eye) _ => apply multiple_only
  | |- multiple _ (mscal _ _) _ => eapply multiple_scal; is_multiple
  | |- multiple _ (madd _ _) _ => eapply multiple_add; is_multiple
  | |- multiple _ (mopp _) _ => eapply multiple_opp; is_multiple
  end.
Lemma diagonal_zero n : diagonal n mzero zeros.
Proof. intros v i Hi. rewrite (takes_zero n n v i Hi). unfold zeros, had; ring. Qed.
Ltac is_diagonal := lazymatch goal with
  | |- diagonal _ mzero _ => apply diagonal_zero
  | |- diagonal _ (diag _) _ => apply diagonal_diag
  | |- diagonal _ (mscal _ _) _ => first [eapply diagonal_multiple; is_multiple | eapply diagonal_scal; is_diagonal]
  | |- diagonal _ (madd _ _) _ => eapply diagonal_add; is_diagonal
  | |- diagonal _ (mopp _) _ => eapply diagonal_opp; is_diagonal
  | |- diagonal _ (mm _ _ _) _ => eapply diagonal_mm; is_diagonal
  | |- _ => eapply diagonal_multiple; is_multiple
  end.
(* the general order m of the product of A_j + eps B_j, as it is printed *)
Lemma order_first n A B k t : (k <= t)%nat -> order n A B 0 (S k) (t - k) = Product n (k + 1) t A.
Proof. intros H. unfold Product. cbn [order]. f_equal; lia. Qed.
Lemma Msum_skip lo more hi f i j : (forall t, (lo <= t < lo + more)%nat -> f t i j = 0) -> Msum (lo + more) hi f i j = Msum lo hi f i j.
Proof. apply Sum_skip. Qed.
Lemma order_next n A B q k t : (k <= t)%nat ->
  order n A B (S q) (S k) (t - k) = Msum (k + S q) t (fun i => Product n (i + 1) t A *[n] (B i *[n] order n A B q (S k) (i - 1 - k)))%M.
Proof.
  intros H. extensionality i; extensionality j. replace (k + S q)%nat with (k + 1 + q)%nat by lia. rewrite Msum_skip.
  - cbn [order]. unfold msum, Msum, Sum. replace (S t - (k + 1))%nat with (t - k)%nat by lia. apply sum_ext. intros c Hc.
    unfold Product. replace (k + 1 + c + 1)%nat with (S k + S c)%nat by lia. replace (S t - (S k + S c))%nat with (t - k - S c)%nat by lia.
    replace (k + 1 + c)%nat with (S k + c)%nat by lia. now replace (S k + c - 1 - k)%nat with c by lia.
  - intros a Ha. unfold mm at 1. rewrite (sum_ext n _ (fun _ => 0)); [apply sum_zero|]. intros l _. unfold mm.
    rewrite (sum_ext n _ (fun _ => 0)); [rewrite sum_zero; ring|]. intros h _. rewrite no_order_beyond by lia. ring.
Qed.
Ltac taken_over := lazymatch goal with
  | |- takes _ _ (madd _ _) _ _ => eapply takes_add; taken_over
  | |- takes _ _ (mopp _) _ _ => eapply takes_opp; taken_over
  | |- takes _ _ (mscal _ _) _ _ => eapply takes_scal; taken_over
  | |- takes _ _ (mm _ _ _) _ _ => eapply takes_mm; taken_over
  | |- takes _ _ (diag _) _ _ => apply takes_diag
  | |- takes _ _ eye _ _ => apply takes_eye
  | |- takes _ _ mzero _ _ => apply takes_zero
  | |- takes _ _ (outer _ _) _ _ => apply takes_outer
  | |- takes _ _ (Msum _ _ _) _ _ => eapply takes_Msum; intros ? ?; cbv beta; taken_over
  | |- takes _ _ (hadm _ (mscal _ _)) _ _ => eapply takes_hadm_scal; taken_over
  | |- takes _ _ (hadm _ (Msum _ _ _)) _ _ => eapply takes_hadm_Msum; intros ? ?; cbv beta; taken_over
  | |- takes _ _ (hadm _ (outer _ _)) _ _ => apply takes_hadm_outer
  | |- takes _ _ (Product _ _ _ _) _ _ => first
      [ eapply takes_multiple, Product_multiple; intros ?; is_multiple
      | eapply takes_diagonal, Product_diagonal; intros ?; is_diagonal
      | apply Product_scaled | apply takes_any ]
  | |- takes _ _ (order ?n ?A ?B 0 (S ?k) (?t - ?k)) _ _ => rewrite (order_first n A B k t) by lia; taken_over
  | |- takes _ _ (order ?n ?A ?B (S ?q) (S ?k) (?t - ?k)) _ _ => rewrite (order_next n A B q k t) by lia; taken_over
  | |- _ => apply takes_any
  end.
Lemma takes_same n k A B w z : (forall v, takes n k A v (w v)) -> (forall v, takes n k B v (z v)) ->
  (forall v i, (i < n)%nat -> w v i = z v i) -> same n k A B.
Proof.
  intros HA HB E i j Hi Hj. rewrite <- (mv_unit k A j i Hj), <- (mv_unit k B j i Hj).
  rewrite (HA _ i Hi), (HB _ i Hi). now apply E.
Qed.
(* powers of one base: a sum of exponents is a product *)
Lemma pow_same c a b : a = b -> c ^ a = c ^ b. Proof. now intros ->. Qed.
Lemma pow_two c N a b : N = (a + b)%nat -> c ^ N = c ^ a * c ^ b. Proof. intros ->. apply pow_add. Qed.
Lemma pow_three c N a b d : N = (a + b + d)%nat -> c ^ N = c ^ a * c ^ b * c ^ d. Proof. intros ->. now rewrite !pow_add. Qed.
Ltac powers := repeat match goal with
  | |- context [?c ^ ?a] => match goal with |- context [c ^ ?b] =>
      tryif constr_eq a b then fail else (rewrite (pow_same c a b) by lia) end end;
  repeat match goal with
  | |- context [?c ^ ?N] => match goal with |- context [c ^ ?a] => tryif constr_eq a N then fail else
      match goal with |- context [c ^ ?b] => tryif constr_eq b N then fail else first
      [ rewrite (pow_two c N a b) by lia
      | match goal with |- context [c ^ ?d] => tryif constr_eq d N then fail else rewrite (pow_three c N a b d) by lia end ] end end end.
Lemma Vprod_const lo hi c : Vprod lo hi (fun _ => c) = vpow c (S hi - lo).
Proof. extensionality i. unfold Vprod, vpow. apply Prod_const. Qed.
Lemma vpow_scal_ones c k : vpow (vscal c ones) k = vscal (c ^ k) ones.
Proof. extensionality i. unfold vpow, vscal, ones. now rewrite !Rmult_1_r. Qed.
Lemma Vprod_scal_ones lo hi s : Vprod lo hi (fun t => vscal (s t) ones) = vscal (Prod lo hi s) ones.
Proof. extensionality i. unfold Vprod, vscal, ones. rewrite Rmult_1_r. apply Prod_ext; intros; ring. Qed.
Lemma Vprod_zeros lo hi : Vprod lo hi (fun _ => zeros) = vscal (0 ^ (S hi - lo)) ones.
Proof. extensionality i. unfold Vprod, vscal, zeros, ones. rewrite Prod_const. ring. Qed.
Lemma succ_minus a b : (S a - (b + 1))%nat = (a - b)%nat. Proof. lia. Qed.
Ltac runs := rewrite ?Vprod_zeros, ?Vprod_scal_ones, ?Prod_const, ?Vprod_const, ?vpow_scal_ones, ?succ_minus, ?pow1; cbv beta.
Ltac over_entry := pointwise; unfold vpow, Vprod, hadm, diagonal_of; rewrite ?succ_minus; first [numbers | powers; numbers].
Ltac alike_over := repeat match goal with
  | |- context [mv ?n ?A ?u] => match goal with |- context [mv n A ?v] =>
      tryif constr_eq u v then fail else (replace (mv n A u) with (mv n A v) by (apply mv_cong; intros; alike_over; over_entry)) end
  | |- context [dot ?n ?u ?v] => match goal with |- context [dot n ?w ?z] =>
      tryif (constr_eq u w; constr_eq v z) then fail else (replace (dot n u v) with (dot n w z) by (apply dot_cong; intros; alike_over; over_entry)) end
  end.
Ltac pushed := runs; autorewrite with still; autorewrite with push; autorewrite with still; cbv beta.
Ltac close_over := pushed; lazymatch goal with
  | |- Vsum ?lo ?hi _ ?i = Vsum ?lo ?hi _ ?i => apply Vsum_at; intros ? ?; close_over
  | |- Vsum _ _ _ _ = zeros _ => apply Vsum_zero; intros ? ?; zero_over
  | |- _ => alike_over; over_entry
  end
with zero_over := pushed; lazymatch goal with
  | |- Vsum _ _ _ _ = 0 => apply Vsum_zero; intros ? ?; zero_over
  | |- _ => pointwise; ring
  end.
Ltac written_over := eapply takes_same; [intros ?; taken_over | intros ?; taken_over | intros ? ? ?; cbv beta; close_over].
Lemma Product_ext n lo hi f g : (forall t, f t = g t) -> Product n lo hi f = Product n lo hi g.
Proof. intros H. apply product_ext. intros; apply H. Qed.
