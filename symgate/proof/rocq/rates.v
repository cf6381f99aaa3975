
(* ==== rates: the diagonal of a product, entry by entry ==== *)
Definition own_entries (n : nat) (M : mat) (d : vec) : Prop := forall q, (q < n)%nat -> M q q = d q.
Lemma own_madd n A B c d : own_entries n A c -> own_entries n B d -> own_entries n (madd A B) (vadd c d).
Proof. intros HA HB q Hq. unfold madd, vadd. now rewrite HA, HB. Qed.
Lemma own_mopp n A c : own_entries n A c -> own_entries n (mopp A) (vopp c).
Proof. intros H q Hq. unfold mopp, vopp. now rewrite H. Qed.
Lemma own_mscal n A c d : own_entries n A c -> own_entries n (mscal d A) (vscal d c).
Proof. intros H q Hq. unfold mscal, vscal. now rewrite H. Qed.
Lemma delta_own q : delta q q = 1. Proof. unfold delta. now rewrite Nat.eqb_refl. Qed.
Lemma own_diag n c : own_entries n (diag c) c. Proof. intros q Hq. unfold diag. rewrite delta_own; ring. Qed.
Lemma own_eye n : own_entries n eye ones. Proof. intros q Hq. apply delta_own. Qed.
Lemma own_zero n : own_entries n mzero zeros. Proof. intros q Hq. reflexivity. Qed.
Lemma own_outer n a b : own_entries n (outer a b) (had a b). Proof. intros q Hq. reflexivity. Qed.
Lemma own_any n M : own_entries n M (diagonal_of M). Proof. intros q Hq. reflexivity. Qed.
Lemma own_diag_mm n c M d : own_entries n M d -> own_entries n (mm n (diag c) M) (had c d).
Proof.
  intros H q Hq. unfold had. rewrite <- H by exact Hq. change (mm n (diag c) M q q) with (mv n (diag c) (fun k => M k q) q).
  now rewrite (takes_diag n c _ q Hq).
Qed.
Lemma own_mm_diag n c M d : own_entries n M d -> own_entries n (mm n M (diag c)) (had d c).
Proof.
  intros H q Hq. unfold had. rewrite <- H by exact Hq. unfold mm, diag.
  rewrite (sum_ext n _ (fun k => delta q k * (M q k * c k))); [now rewrite sum_delta|].
  intros k Hk. unfold delta. rewrite (Nat.eqb_sym k q). ring.
Qed.
Lemma own_between n p U v W : own_entries n (mm p U (mm p (diag v) W)) (mv p (hadm U (tr W)) v).
Proof.
  intros q Hq. unfold mv, mm at 1, hadm, tr. apply sum_ext; intros k Hk.
  change (mm p (diag v) W k q) with (mv p (diag v) (fun l => W l q) k). rewrite (takes_diag p v _ k Hk). unfold had; ring.
Qed.
Lemma own_mm n p U W : own_entries n (mm p U W) (mv p (hadm U (tr W)) ones).
Proof. intros q Hq. unfold mv, mm, hadm, tr, ones. apply sum_ext; intros; ring. Qed.
Lemma own_above n p r A X Y a b : n = (p + r)%nat -> own_entries p A a -> own_entries r (fun i j => Y i (p + j)%nat) b ->
  own_entries n (above p (beside p A X) Y) (stacked p a b).
Proof.
  intros -> HA HY q Hq. unfold above, beside, stacked. destruct (Nat.ltb_spec q p); [now apply HA|].
  rewrite <- (HY (q - p)%nat) by lia. f_equal. lia.
Qed.
Ltac own_taken := lazymatch goal with
  | |- own_entries _ (madd _ _) _ => eapply own_madd; own_taken
  | |- own_entries _ (mopp _) _ => eapply own_mopp; own_taken
  | |- own_entries _ (mscal _ _) _ => eapply own_mscal; own_taken
  | |- own_entries _ (diag _) _ => apply own_diag
  | |- own_entries _ eye _ => apply own_eye
  | |- own_entries _ mzero _ => apply own_zero
  | |- own_entries _ (outer _ _) _ => apply own_outer
  | |- own_entries ?n (mm ?n _ (diag _)) _ => eapply own_mm_diag; own_taken
  | |- own_entries ?n (mm ?n (diag _) _) _ => eapply own_diag_mm; own_taken
  | |- own_entries _ (mm ?p _ (mm ?p (diag _) _)) _ => apply own_between
  | |- own_entries _ (mm _ _ _) _ => apply own_mm
  | |- own_entries _ (above _ (beside _ _ _) _) _ => eapply own_above; [reflexivity | own_taken | rewrite ?drop_above, ?drop_beside; own_taken]
  | |- _ => apply own_any
  end.
(* of a product of diagonal matrices with one other factor somewhere *)
Lemma own_order_0 n A B c k t q : (forall j, diagonal n (A j) (c j)) -> (k <= t)%nat -> (q < n)%nat ->
  order n A B 0 (S k) (t - k) q q = Vprod (k + 1) t c q.
Proof.
  intros H Hkt Hq. rewrite order_first by exact Hkt. rewrite <- (mv_unit n _ q q Hq).
  rewrite (Product_diagonal n (k + 1) t A c H _ q Hq). unfold had, unit_vector. rewrite delta_own. ring.
Qed.
Lemma own_order_1 n A B c k t q : (forall j, diagonal n (A j) (c j)) -> (k <= t)%nat -> (q < n)%nat ->
  order n A B 1 (S k) (t - k) q q = Sum (k + 1) t (fun i => Vprod (i + 1) t c q * B i q q * Vprod (k + 1) (i - 1) c q).
Proof.
  intros H Hkt Hq. rewrite order_next by exact Hkt. unfold Msum. apply Sum_ext. intros i Hi. rewrite order_first by lia.
  rewrite <- (mv_unit n _ q q Hq), mv_mm, (Product_diagonal n (i + 1) t A c H _ q Hq), mv_mm. unfold had at 1.
  rewrite (mv_cong n (B i) _ _ (Product_diagonal n (k + 1) (i - 1) A c H (unit_vector q))).
  replace (had (Vprod (k + 1) (i - 1) c) (unit_vector q)) with (vscal (Vprod (k + 1) (i - 1) c q) (unit_vector q)).
  - rewrite mv_scal. unfold vscal. rewrite (mv_unit n _ q q Hq). ring.
  - extensionality j. unfold vscal, had, unit_vector, delta. destruct (Nat.eqb_spec q j); [subst; ring | ring].
Qed.
Lemma rate_from_order_0 n A B c k t (eta : R) (r : vec) : (forall j, diagonal n (A j) (c j)) -> (k <= t)%nat ->
  (forall q, (q < n)%nat -> r q = vscal eta (Vprod (k + 1) t c) q) -> forall q, (q < n)%nat -> r q = eta * order n A B 0 (S k) (t - k) q q.
Proof. intros H Hkt E q Hq. rewrite (E q Hq), (own_order_0 n A B c k t q H Hkt Hq). reflexivity. Qed.
Lemma rate_from_order_1 n A B c d k t (eta : R) (r : vec) : (forall j, diagonal n (A j) (c j)) -> (forall j, own_entries n (B j) (d j)) -> (k <= t)%nat ->
  (forall q, (q < n)%nat -> r q = vscal eta (Vsum (k + 1) t (fun i => had (Vprod (i + 1) t c) (had (d i) (Vprod (k + 1) (i - 1) c)))) q) ->
  forall q, (q < n)%nat -> r q = eta * order n A B 1 (S k) (t - k) q q.
Proof.
  intros H HB Hkt E q Hq. rewrite (E q Hq), (own_order_1 n A B c k t q H Hkt Hq). unfold vscal, Vsum. f_equal.
  apply Sum_ext. intros i Hi. unfold had. rewrite (HB i q Hq). ring.
Qed.
Lemma takes_tr_diagonal n A c : diagonal n A c -> same n n (tr A) (diag c).
Proof.
  intros H i j Hi Hj. unfold tr. rewrite <- (mv_unit n A i j Hi), (H _ j Hj). unfold had, unit_vector, diag, delta.
  destruct (Nat.eqb_spec i j); [subst; ring | ring].
Qed.
Lemma same_trans n k A B C : same n k A B -> same n k B C -> same n k A C.
Proof. intros H K i j Hi Hj. now rewrite (H i j Hi Hj), (K i j Hi Hj). Qed.
(* the largest and the smallest of n entries, and what a condition number is: the largest stretch over the smallest *)
Fixpoint largest (n : nat) (v : vec) : R := match n with O => 0 | S O => v 0%nat | S k => Rmax (largest k v) (v k) end.
Fixpoint smallest (n : nat) (v : vec) : R := match n with O => 0 | S O => v 0%nat | S k => Rmin (smallest k v) (v k) end.
Definition condition (n : nat) (P : mat) (kappa : R) : Prop := exists lo hi, 0 < lo /\ kappa = hi / lo /\
  (forall v, lo * lo * dot n v v <= dot n (mv n P v) (mv n P v) <= hi * hi * dot n v v) /\
  (exists v, 0 < dot n v v /\ dot n (mv n P v) (mv n P v) = lo * lo * dot n v v) /\
  (exists v, 0 < dot n v v /\ dot n (mv n P v) (mv n P v) = hi * hi * dot n v v).
Lemma largest_is n v : (0 < n)%nat -> (forall q, (q < n)%nat -> v q <= largest n v) /\ exists q, (q < n)%nat /\ v q = largest n v.
Proof.
  induction n as [|[|n] IH]; intros H; [lia| |].
  - split; [intros q Hq; replace q with 0%nat by lia; apply Rle_refl | exists 0%nat; split; [lia | reflexivity]].
  - destruct IH as [IH1 [q [Hq E]]]; [lia|]. change (largest (S (S n)) v) with (Rmax (largest (S n) v) (v (S n))). split.
    + intros p Hp. destruct (Nat.eq_dec p (S n)) as [->|N]; [apply Rmax_r|]. eapply Rle_trans; [apply IH1; lia | apply Rmax_l].
    + destruct (Rle_dec (largest (S n) v) (v (S n))) as [C|C].
      * exists (S n); split; [lia | now rewrite Rmax_right by exact C].
      * exists q; split; [lia | rewrite Rmax_left by lra; exact E].
Qed.
Lemma smallest_is n v : (0 < n)%nat -> (forall q, (q < n)%nat -> smallest n v <= v q) /\ exists q, (q < n)%nat /\ v q = smallest n v.
Proof.
  induction n as [|[|n] IH]; intros H; [lia| |].
  - split; [intros q Hq; replace q with 0%nat by lia; apply Rle_refl | exists 0%nat; split; [lia | reflexivity]].
  - destruct IH as [IH1 [q [Hq E]]]; [lia|]. change (smallest (S (S n)) v) with (Rmin (smallest (S n) v) (v (S n))). split.
    + intros p Hp. destruct (Nat.eq_dec p (S n)) as [->|N]; [apply Rmin_r|]. eapply Rle_trans; [apply Rmin_l | apply IH1; lia].
    + destruct (Rle_dec (smallest (S n) v) (v (S n))) as [C|C].
      * exists q; split; [lia | rewrite Rmin_left by exact C; exact E].
      * exists (S n); split; [lia | now rewrite Rmin_right by lra].
Qed.
Lemma dot_unit_unit n q : (q < n)%nat -> dot n (unit_vector q) (unit_vector q) = 1.
Proof. intros H. rewrite (dot_unit n _ q H). apply delta_own. Qed.
Lemma sum_le n f g : (forall k, (k < n)%nat -> f k <= g k) -> sum n f <= sum n g.
Proof. induction n; simpl; intros H; [lra | apply Rplus_le_compat; [apply IHn; intros; apply H; lia | apply H; lia]]. Qed.
Lemma stretch_one n P c q : diagonal n P c -> (q < n)%nat -> dot n (mv n P (unit_vector q)) (mv n P (unit_vector q)) = c q * c q * 1.
Proof.
  intros H Hq. rewrite (dot_cong n _ _ (fun k => c k * c k * unit_vector q k) (unit_vector q)); [|intros k Hk; rewrite (H _ k Hk); unfold had; ring].
  rewrite (dot_unit n _ q Hq). unfold unit_vector. now rewrite delta_own.
Qed.
Lemma condition_diagonal n P c : (0 < n)%nat -> diagonal n P c -> (forall q, (q < n)%nat -> 0 < c q) ->
  condition n P (largest n c / smallest n c).
Proof.
  intros N H Pos. pose proof Pos as Pos0. destruct (largest_is n c N) as [L [l [Hl El]]]. destruct (smallest_is n c N) as [M [m [Hm Em]]].
  exists (smallest n c), (largest n c). split; [rewrite <- Em; now apply Pos | split; [reflexivity | split; [|split]]].
  - intros v. unfold dot. rewrite <- !sum_scal. split; apply sum_le; intros k Hk; rewrite (H v k Hk); unfold had;
      specialize (Pos k Hk); specialize (L k Hk); specialize (M k Hk);
      replace (c k * v k * (c k * v k)) with (c k * c k * (v k * v k)) by ring; apply Rmult_le_compat_r; try apply Rle_0_sqr.
    + assert (0 < smallest n c) by (rewrite <- Em; now apply Pos0). apply Rmult_le_compat; lra.
    + apply Rmult_le_compat; lra.
  - exists (unit_vector m). rewrite (dot_unit_unit n m Hm), (stretch_one n P c m H Hm), Em. split; [lra | reflexivity].
  - exists (unit_vector l). rewrite (dot_unit_unit n l Hl), (stretch_one n P c l H Hl), El. split; [lra | reflexivity].
Qed.
Lemma condition_multiple n c : (0 < n)%nat -> (c *: eye)%M 0%nat 0%nat <> 0 -> condition n (c *: eye) 1.
Proof.
  intros N H. unfold mscal, eye in H. rewrite delta_own, Rmult_1_r in H.
  assert (E : forall v, dot n (mv n (c *: eye) v) (mv n (c *: eye) v) = Rabs c * Rabs c * dot n v v).
  { intros v. rewrite <- Rabs_mult, Rabs_right by nra. rewrite (dot_cong n _ _ (vscal (c * c) v) v); [now rewrite dot_scal_l|].
    intros k Hk. rewrite (multiple_only n c v k Hk). unfold vscal; ring. }
  exists (Rabs c), (Rabs c). pose proof (Rabs_pos_lt c H). split; [assumption | split; [field; lra | split; [|split]]].
  - intros v. rewrite E. lra.
  - exists (unit_vector 0). rewrite E, (dot_unit_unit n 0 N). lra.
  - exists (unit_vector 0). rewrite E, (dot_unit_unit n 0 N). lra.
Qed.
Lemma transposed n A B c : diagonal n A c -> same n n B (diag c) -> same n n B (tr A).
Proof. intros H K i j Hi Hj. rewrite (K i j Hi Hj). symmetry. exact (takes_tr_diagonal n A c H i j Hi Hj). Qed.
Lemma own_eq n M c d : own_entries n M c -> (forall q, (q < n)%nat -> c q = d q) -> own_entries n M d.
Proof. intros H E q Hq. rewrite <- E by exact Hq. now apply H. Qed.
Ltac own_written_blocks := eapply own_eq; [own_taken | intros ? ?; cbv beta; close_blocks].
Ltac own_written := eapply own_eq; [own_taken | intros ? ?; cbv beta; close_over].
