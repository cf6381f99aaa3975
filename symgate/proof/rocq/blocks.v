
(* ==== several states: vectors and matrices in blocks, one below the other ==== *)
Definition below (p : nat) (v : vec) : vec := fun i => v (p + i)%nat.
Definition left_part (p : nat) (A : mat) : mat := fun i j => if Nat.ltb j p then A i j else 0.
Ltac split_index := repeat match goal with
  | |- context [Nat.ltb ?i ?p] => destruct (Nat.ltb_spec i p); try lia
  end.
Ltac blockwise := unfold above, beside, madd, mopp, mscal, mzero; split_index.
Lemma stack_eta p v : v = stacked p v (below p v).
Proof. extensionality i. unfold stacked, below. split_index; [reflexivity | f_equal; lia]. Qed.
Lemma add_stacked p a b c d : vadd (stacked p a b) (stacked p c d) = stacked p (vadd a c) (vadd b d).
Proof. extensionality i. unfold vadd, stacked. now split_index. Qed.
Lemma sub_stacked p a b c d : vsub (stacked p a b) (stacked p c d) = stacked p (vsub a c) (vsub b d).
Proof. extensionality i. unfold vsub, stacked. now split_index. Qed.
Lemma opp_stacked p a b : vopp (stacked p a b) = stacked p (vopp a) (vopp b).
Proof. extensionality i. unfold vopp, stacked. now split_index. Qed.
Lemma scal_stacked p x a b : vscal x (stacked p a b) = stacked p (vscal x a) (vscal x b).
Proof. extensionality i. unfold vscal, stacked. now split_index. Qed.
Lemma had_stacked p a b c d : had (stacked p a b) (stacked p c d) = stacked p (had a c) (had b d).
Proof. extensionality i. unfold had, stacked. now split_index. Qed.
Lemma had_ones_stacked p x a b : had (vscal x ones) (stacked p a b) = stacked p (vscal x a) (vscal x b).
Proof. extensionality i. unfold had, vscal, ones, stacked. split_index; ring. Qed.
Lemma Vsum_stacked lo hi p f g : Vsum lo hi (fun t => stacked p (f t) (g t)) = stacked p (Vsum lo hi f) (Vsum lo hi g).
Proof. extensionality i. unfold Vsum, stacked. now split_index. Qed.
Lemma Vprod_stacked lo hi p f g : Vprod lo hi (fun t => stacked p (f t) (g t)) = stacked p (Vprod lo hi f) (Vprod lo hi g).
Proof. extensionality i. unfold Vprod, stacked. now split_index. Qed.
Lemma takes_above p r k A B v a b : takes p k A v a -> takes r k B v b -> takes (p + r) k (above p A B) v (stacked p a b).
Proof.
  intros HA HB i Hi. unfold stacked. split_index.
  - rewrite <- HA by assumption. unfold mv, above. apply sum_ext; intros. now split_index.
  - rewrite <- HB by lia. unfold mv, above. apply sum_ext; intros. now split_index.
Qed.
Lemma takes_beside n p r A B u v a b : takes n p A u a -> takes n r B v b -> takes n (p + r) (beside p A B) (stacked p u v) (vadd a b).
Proof.
  intros HA HB i Hi. unfold vadd. rewrite <- (HA i Hi), <- (HB i Hi). unfold mv. rewrite sum_split. f_equal; apply sum_ext; intros.
  - unfold beside, stacked. now split_index.
  - unfold beside, stacked. split_index. now replace (p + k - p)%nat with k by lia.
Qed.
Lemma takes_add_b n k A B v a b c : takes n k A v a -> takes n k B v b -> vadd a b = c -> takes n k (madd A B) v c.
Proof. intros HA HB <-. now apply takes_add. Qed.
Lemma takes_opp_b n k A v a c : takes n k A v a -> vopp a = c -> takes n k (mopp A) v c.
Proof. intros HA <-. now apply takes_opp. Qed.
Lemma takes_scal_b n k x A v a c : takes n k A v a -> vscal x a = c -> takes n k (mscal x A) v c.
Proof. intros HA <-. now apply takes_scal. Qed.
Lemma takes_Msum_b n k lo hi f v w c : (forall t, (lo <= t <= hi)%nat -> takes n k (f t) v (w t)) -> Vsum lo hi w = c -> takes n k (Msum lo hi f) v c.
Proof. intros H <-. now apply takes_Msum. Qed.
Lemma takes_diagonal_b n A d v c : diagonal n A d -> had d v = c -> takes n n A v c.
Proof. intros H <-. apply H. Qed.
Lemma drop_beside p A B : (fun i j => beside p A B i (p + j)%nat) = B.
Proof. extensionality i; extensionality j. unfold beside. split_index. f_equal. lia. Qed.
Lemma drop_above p q A B : (fun i j => above q A B i (p + j)%nat) = above q (fun i j => A i (p + j)%nat) (fun i j => B i (p + j)%nat).
Proof. extensionality i; extensionality j. unfold above. now split_index. Qed.
Lemma left_beside p A B : left_part p (beside p A B) = left_part p A.
Proof. extensionality i; extensionality j. unfold left_part, beside. now split_index. Qed.
Lemma left_above p q A B : left_part p (above q A B) = above q (left_part p A) (left_part p B).
Proof. extensionality i; extensionality j. unfold left_part, above. now split_index. Qed.
Lemma left_zero p : left_part p mzero = mzero.
Proof. extensionality i; extensionality j. unfold left_part, mzero. now split_index. Qed.
Lemma zero_beside p : beside p mzero mzero = mzero.
Proof. extensionality i; extensionality j. unfold beside, mzero. now split_index. Qed.
Lemma zero_above p : above p mzero mzero = mzero.
Proof. extensionality i; extensionality j. unfold above, mzero. now split_index. Qed.
Lemma diagonal_blocks p r A Z W c d : Z = mzero -> left_part p W = mzero -> diagonal p A c -> diagonal r (fun i j => W i (p + j)%nat) d ->
  diagonal (p + r) (above p (beside p A Z) W) (stacked p c d).
Proof.
  intros -> HL HA HD v. rewrite (stack_eta p v), had_stacked. apply takes_above.
  - intros i Hi. rewrite (takes_beside p p r A mzero v (below p v) _ _ (HA v) (takes_zero p r _) i Hi). unfold vadd, zeros. ring.
  - intros i Hi. rewrite <- (HD (below p v) i Hi). unfold mv. rewrite sum_split. rewrite (sum_ext p _ (fun _ => 0)).
    + rewrite sum_zero, Rplus_0_l. apply sum_ext; intros k Hk. unfold stacked. split_index. now replace (p + k - p)%nat with k by lia.
    + intros k Hk. assert (E : W i k = left_part p W i k) by (unfold left_part; now split_index). rewrite E, HL. unfold mzero. ring.
Qed.
Ltac is_diagonal_blocks := first
  [ eapply diagonal_blocks; [rewrite ?zero_beside; reflexivity | rewrite ?left_above, ?left_beside, ?left_zero, ?zero_above; reflexivity
    | is_diagonal | rewrite ?drop_above, ?drop_beside; is_diagonal_blocks]
  | is_diagonal ].
Ltac stack_up := lazymatch goal with |- ?l = _ =>
  let y := fresh "y" in let H := fresh "H" in pose (y := l); assert (H : y = l) by reflexivity;
  repeat (progress (rewrite ?Vprod_stacked in H; cbv beta in H));
  repeat first [rewrite had_ones_stacked in H | rewrite had_stacked in H | rewrite add_stacked in H | rewrite opp_stacked in H
    | rewrite scal_stacked in H | progress (rewrite ?Vsum_stacked in H; cbv beta in H)];
  exact H end.
Ltac taken_blocks := lazymatch goal with
  | |- takes _ _ _ (stacked _ _ _) _ => lazymatch goal with
    | |- takes _ _ (madd _ _) _ _ => eapply takes_add_b; [taken_blocks | taken_blocks | stack_up]
    | |- takes _ _ (mopp _) _ _ => eapply takes_opp_b; [taken_blocks | stack_up]
    | |- takes _ _ (mscal _ _) _ _ => eapply takes_scal_b; [taken_blocks | stack_up]
    | |- takes _ _ (mm _ _ _) _ _ => eapply takes_mm; [taken_blocks | taken_blocks]
    | |- takes _ _ (Msum _ _ _) _ _ => eapply takes_Msum_b; [intros ? ?; cbv beta; taken_blocks | stack_up]
    | |- takes _ _ (Product _ _ _ _) _ _ => eapply takes_diagonal_b; [first
        [ eapply Product_diagonal; intros ?; is_diagonal_blocks | eapply diagonal_multiple, Product_multiple; intros ?; is_multiple ] | stack_up]
    | |- takes _ _ (order ?n ?A ?B 0 (S ?k) (?t - ?k)) _ _ => rewrite (order_first n A B k t) by lia; taken_blocks
    | |- takes _ _ (order ?n ?A ?B (S ?q) (S ?k) (?t - ?k)) _ _ => rewrite (order_next n A B q k t) by lia; taken_blocks
    | |- takes _ _ (above _ _ _) _ _ => eapply takes_above; taken_blocks
    | |- takes _ _ (beside _ _ _) _ _ => eapply takes_beside; taken_blocks
    | |- takes _ _ mzero _ _ => apply takes_zero
    | |- takes _ _ eye _ _ => apply takes_eye
    | |- takes _ _ (diag _) _ _ => eapply takes_diagonal_b; [apply diagonal_diag | stack_up]
    end
  | |- _ => taken_over
  end.
Lemma stacked_at p r a b c d : (forall i, (i < p)%nat -> a i = c i) -> (forall i, (i < r)%nat -> b i = d i) ->
  forall i, (i < p + r)%nat -> stacked p a b i = stacked p c d i.
Proof. intros H K i Hi. unfold stacked. split_index; [now apply H | apply K; lia]. Qed.
Lemma takes_same_2 n k r A B w z : (forall u v, takes n (k + r) A (stacked k u v) (w u v)) -> (forall u v, takes n (k + r) B (stacked k u v) (z u v)) ->
  (forall u v i, (i < n)%nat -> w u v i = z u v i) -> same n (k + r) A B.
Proof.
  intros HA HB E. apply (takes_same n (k + r) A B (fun v => w v (below k v)) (fun v => z v (below k v))).
  - intros v. rewrite (stack_eta k v) at 1. apply HA.
  - intros v. rewrite (stack_eta k v) at 1. apply HB.
  - intros v i Hi. now apply E.
Qed.
Lemma takes_same_3 n k l r A B w z : (forall u v x, takes n (k + (l + r)) A (stacked k u (stacked l v x)) (w u v x)) ->
  (forall u v x, takes n (k + (l + r)) B (stacked k u (stacked l v x)) (z u v x)) ->
  (forall u v x i, (i < n)%nat -> w u v x i = z u v x i) -> same n (k + (l + r)) A B.
Proof.
  intros HA HB E. apply (takes_same_2 n k (l + r) A B (fun u v => w u v (below l v)) (fun u v => z u v (below l v))).
  - intros u v. rewrite (stack_eta l v) at 1. apply HA.
  - intros u v. rewrite (stack_eta l v) at 1. apply HB.
  - intros u v i Hi. now apply E.
Qed.
Lemma takes_same_4 n k l m r A B w z : (forall u v x y, takes n (k + (l + (m + r))) A (stacked k u (stacked l v (stacked m x y))) (w u v x y)) ->
  (forall u v x y, takes n (k + (l + (m + r))) B (stacked k u (stacked l v (stacked m x y))) (z u v x y)) ->
  (forall u v x y i, (i < n)%nat -> w u v x y i = z u v x y i) -> same n (k + (l + (m + r))) A B.
Proof.
  intros HA HB E. apply (takes_same_3 n k l (m + r) A B (fun u v x => w u v x (below m x)) (fun u v x => z u v x (below m x))).
  - intros u v x. rewrite (stack_eta m x) at 1. apply HA.
  - intros u v x. rewrite (stack_eta m x) at 1. apply HB.
  - intros u v x i Hi. now apply E.
Qed.
(* Kronecker's delta of two times is the empty product, or 0 *)
Lemma delta_is a b : (a <= b)%nat -> delta a b = 0 ^ (b - a).
Proof.
  intros H. unfold delta. destruct (Nat.eqb_spec a b) as [->|N]; [now rewrite Nat.sub_diag|]. symmetry. apply pow_i. lia.
Qed.
Lemma delta_sym a b : delta a b = delta b a. Proof. unfold delta. now rewrite Nat.eqb_sym. Qed.
Ltac deltas := repeat match goal with
  | |- context [delta ?a ?b] => first [rewrite (delta_is a b) by lia | rewrite (delta_sym a b), (delta_is b a) by lia]
  end.
Ltac close_blocks := lazymatch goal with
  | |- stacked _ _ _ _ = stacked _ _ _ _ => eapply stacked_at; [| | eassumption]; intros ? ?; close_blocks
  | |- _ => pushed; lazymatch goal with
    | |- Vsum ?lo ?hi _ ?i = Vsum ?lo ?hi _ ?i => apply Vsum_at; intros ? ?; close_blocks
    | |- _ => deltas; alike_over; over_entry
    end
  end.
Ltac written_blocks lemma := eapply lemma; [intros; taken_blocks | intros; taken_blocks | intros; cbv beta; close_blocks].
(* entries one by one, where nothing but sums and products of entries is left *)
Ltac same_sums := repeat match goal with
  | |- context [Sum ?lo ?hi ?f] => match goal with |- context [Sum lo hi ?g] =>
      tryif constr_eq f g then fail else (replace (Sum lo hi f) with (Sum lo hi g) by (apply Sum_ext; intros ? ?; runs; deltas; first [ring | powers; ring])) end
  end.
Ltac close_entries := runs; rewrite ?Vprod_stacked; cbv beta; runs; unfold stacked, Vsum, Vprod, vadd, vsub, vopp, had, vscal, vmap, zeros, ones, vpow; split_index;
  rewrite ?Sum_mult_l, ?Sum_mult_r, ?Prod_const; cbv beta; lazymatch goal with
  | |- 0 = Sum _ _ _ => symmetry; apply Sum_zero; intros ? ?; ring
  | |- _ => same_sums; runs; deltas; first [ring | powers; ring] end.
(* products of matrices in blocks with factors that keep their names *)
Ltac taken_mixed := lazymatch goal with
  | |- takes _ _ (madd _ _) _ _ => eapply takes_add; taken_mixed
  | |- takes _ _ (mopp _) _ _ => eapply takes_opp; taken_mixed
  | |- takes _ _ (mscal _ _) _ _ => eapply takes_scal; taken_mixed
  | |- takes _ _ (mm _ _ _) _ _ => eapply takes_mm; taken_mixed
  | |- takes _ _ (Msum _ _ _) _ _ => eapply takes_Msum; intros ? ?; cbv beta; taken_mixed
  | |- takes _ _ (Product _ _ _ _) _ _ => first
      [ eapply takes_multiple, Product_multiple; intros ?; is_multiple
      | eapply takes_diagonal, Product_diagonal; intros ?; is_diagonal_blocks | apply takes_any ]
  | |- takes _ _ (above _ _ _) _ _ => eapply takes_diagonal; is_diagonal_blocks
  | |- takes _ _ (diag _) _ _ => apply takes_diag
  | |- takes _ _ mzero _ _ => apply takes_zero
  | |- takes _ _ (order ?n ?A ?B 0 (S ?k) (?t - ?k)) _ _ => rewrite (order_first n A B k t) by lia; taken_mixed
  | |- takes _ _ (order ?n ?A ?B (S ?q) (S ?k) (?t - ?k)) _ _ => rewrite (order_next n A B q k t) by lia; taken_mixed
  | |- _ => apply takes_any
  end.
Ltac entry_mixed := rewrite ?Vprod_stacked; cbv beta; rewrite ?Vprod_stacked; runs; pointwise; unfold stacked, vpow, Vprod; split_index; runs; deltas; first [numbers | powers; numbers].
Ltac alike_mixed := repeat match goal with
  | |- context [mv ?n ?A ?u] => match goal with |- context [mv n A ?v] =>
      tryif constr_eq u v then fail else (replace (mv n A u) with (mv n A v) by (apply mv_cong; intros; alike_mixed; entry_mixed)) end
  end.
Ltac close_mixed := pushed; lazymatch goal with
  | |- Vsum ?lo ?hi _ ?i = Vsum ?lo ?hi _ ?i => apply Vsum_at; intros ? ?; close_mixed
  | |- Vsum _ _ _ _ = zeros _ => apply Vsum_zero; intros ? ?; zero_over
  | |- _ => alike_mixed; entry_mixed
  end.
Ltac written_mixed := eapply takes_same; [intros ?; taken_mixed | intros ?; taken_mixed | intros ? ? ?; cbv beta; close_mixed].
