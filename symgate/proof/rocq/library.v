From Coq Require Import Reals Arith Lia Lra FunctionalExtensionality.
From Coquelicot Require Import Coquelicot.
Open Scope R_scope.

(* ---- finite sums, vectors, matrices ---- *)
Fixpoint sum (n : nat) (f : nat -> R) : R := match n with O => 0 | S k => sum k f + f k end.
Definition vec := nat -> R.
Definition mat := nat -> nat -> R.
Declare Scope vec_scope. Delimit Scope vec_scope with V. Bind Scope vec_scope with vec.
Declare Scope mat_scope. Delimit Scope mat_scope with M. Bind Scope mat_scope with mat.

Definition delta (i j : nat) : R := if Nat.eqb i j then 1 else 0.
Definition zeros : vec := fun _ => 0.
Definition ones : vec := fun _ => 1.
Definition vadd (u v : vec) : vec := fun i => u i + v i.
Definition vopp (u : vec) : vec := fun i => - u i.
Definition vsub (u v : vec) : vec := fun i => u i - v i.
Definition had (u v : vec) : vec := fun i => u i * v i.
Definition vscal (c : R) (u : vec) : vec := fun i => c * u i.
Definition vmap (f : R -> R) (u : vec) : vec := fun i => f (u i).
Definition dot (n : nat) (u v : vec) : R := sum n (fun k => u k * v k).
Definition mv (n : nat) (A : mat) (v : vec) : vec := fun i => sum n (fun k => A i k * v k).
Definition mzero : mat := fun _ _ => 0.
Definition eye : mat := delta.
Definition diag (c : vec) : mat := fun i j => delta i j * c i.
Definition outer (u v : vec) : mat := fun i j => u i * v j.
Definition tr (A : mat) : mat := fun i j => A j i.
Definition madd (A B : mat) : mat := fun i j => A i j + B i j.
Definition mopp (A : mat) : mat := fun i j => - A i j.
Definition mscal (c : R) (A : mat) : mat := fun i j => c * A i j.
Definition mm (n : nat) (A B : mat) : mat := fun i j => sum n (fun k => A i k * B k j).
Definition hadm (A B : mat) : mat := fun i j => A i j * B i j.
Definition mmap (f : R -> R) (A : mat) : mat := fun i j => f (A i j).
(* the entries of a p x q matrix, column by column; the Kronecker product with a p x q matrix on the right *)
Definition vectorised (p : nat) (A : mat) : vec := fun c => A (c mod p)%nat (c / p)%nat.
Definition kron (p q : nat) (A B : mat) : mat := fun i j => A (i / p)%nat (j / q)%nat * B (i mod p)%nat (j mod q)%nat.
Definition row (v : vec) : mat := fun _ j => v j.
Definition frobenius (p q : nat) (A B : mat) : R := sum p (fun i => sum q (fun j => A i j * B i j)).

Infix "+" := vadd : vec_scope.
Infix "-" := vsub : vec_scope.
Infix "*" := had : vec_scope.
Notation "- u" := (vopp u) : vec_scope.
Infix "+" := madd : mat_scope.
Notation "- A" := (mopp A) : mat_scope.
Notation "A - B" := (madd A (mopp B)) : mat_scope.
Notation "c *: u" := (vscal c u) (at level 40, left associativity) : vec_scope.
Notation "c *: A" := (mscal c A) (at level 40, left associativity) : mat_scope.
Notation "A *[ n ] B" := (mm n A B) (at level 40, left associativity) : mat_scope.
Notation "A *[ n ] v" := (mv n A%M v) (at level 40, left associativity) : vec_scope.

(* ---- sums ---- *)
Lemma sum_ext n f g : (forall k, (k < n)%nat -> f k = g k) -> sum n f = sum n g.
Proof. induction n; simpl; intros H; auto. rewrite IHn, H; auto. Qed.
Lemma sum_plus n f g : sum n (fun k => f k + g k) = sum n f + sum n g.
Proof. induction n; simpl; [ring | rewrite IHn; ring]. Qed.
Lemma sum_scal n c f : sum n (fun k => c * f k) = c * sum n f.
Proof. induction n; simpl; [ring | rewrite IHn; ring]. Qed.
Lemma sum_zero n : sum n (fun _ => 0) = 0.
Proof. induction n; simpl; [ring | rewrite IHn; ring]. Qed.
Lemma sum_const n c : sum n (fun _ => c) = INR n * c.
Proof. induction n; [simpl; ring|]. rewrite S_INR. simpl. rewrite IHn. ring. Qed.
Lemma sum_nonneg n f : (forall k, 0 <= f k) -> 0 <= sum n f.
Proof. intros H; induction n; simpl; [lra | specialize (H n); lra]. Qed.
Lemma sum_swap n p f : sum n (fun i => sum p (fun j => f i j)) = sum p (fun j => sum n (fun i => f i j)).
Proof. induction n; simpl; [now rewrite sum_zero | now rewrite IHn, <- sum_plus]. Qed.
Lemma sum_delta n i f : (i < n)%nat -> sum n (fun k => delta i k * f k) = f i.
Proof.
  unfold delta. induction n; intros H; simpl; [lia|].
  destruct (Nat.eq_dec i n) as [->|E].
  - rewrite Nat.eqb_refl, (sum_ext n _ (fun _ => 0)), sum_zero; [ring|].
    intros k Hk. destruct (Nat.eqb_spec n k); [lia|ring].
  - rewrite IHn by lia. destruct (Nat.eqb_spec i n); [lia|ring].
Qed.
Lemma sum_split a b f : sum (a + b) f = sum a f + sum b (fun k => f (a + k)%nat).
Proof. induction b; simpl; [rewrite Nat.add_0_r; ring|]. rewrite Nat.add_succ_r. simpl. rewrite IHb. ring. Qed.
Lemma sum_pairs p q f : sum (q * p) f = sum q (fun l => sum p (fun k => f (l * p + k)%nat)).
Proof.
  induction q; simpl; [reflexivity|]. rewrite Nat.add_comm, sum_split, IHq. reflexivity.
Qed.

(* ---- equality on the range of an index ---- *)
Lemma mv_cong n A u v : (forall k, (k < n)%nat -> u k = v k) -> mv n A u = mv n A v.
Proof. intros H; extensionality i; apply sum_ext; intros; now rewrite H. Qed.
Lemma dot_cong n u v w z : (forall k, (k < n)%nat -> u k * v k = w k * z k) -> dot n u v = dot n w z.
Proof. intros H; apply sum_ext; exact H. Qed.

(* ---- linearity: what the closing tactic pushes outward ---- *)
Ltac pointwise := unfold vadd, vsub, vopp, had, vscal, vmap, zeros, ones.
(* ring, where numbers may be fractions: 2 times 1 / 2 is 1 *)
Ltac numbers := lazymatch goal with |- context [_ / _] => first [ring | solve [field]] | |- _ => ring end.
Ltac by_entry := let i := fresh "i" in extensionality i; pointwise; try ring.
Lemma sub_is u v : vsub u v = vadd u (vscal (-1) v). Proof. by_entry. Qed.
Lemma opp_is u : vopp u = vscal (-1) u. Proof. by_entry. Qed.
Lemma scal_add c u v : vscal c (vadd u v) = vadd (vscal c u) (vscal c v). Proof. by_entry. Qed.
Lemma scal_scal c d u : vscal c (vscal d u) = vscal (c * d) u. Proof. by_entry. Qed.
Lemma had_add_l u v w : had (vadd u v) w = vadd (had u w) (had v w). Proof. by_entry. Qed.
Lemma had_add_r u v w : had w (vadd u v) = vadd (had w u) (had w v). Proof. by_entry. Qed.
Lemma had_scal_l c u v : had (vscal c u) v = vscal c (had u v). Proof. by_entry. Qed.
Lemma had_scal_r c u v : had u (vscal c v) = vscal c (had u v). Proof. by_entry. Qed.
Lemma had_ones_l u : had ones u = u. Proof. by_entry. Qed.
Lemma had_ones_r u : had u ones = u. Proof. by_entry. Qed.
Lemma mv_add n A u v : mv n A (vadd u v) = vadd (mv n A u) (mv n A v).
Proof. extensionality i. unfold mv, vadd. rewrite <- sum_plus. apply sum_ext; intros; ring. Qed.
Lemma mv_scal n A c u : mv n A (vscal c u) = vscal c (mv n A u).
Proof. extensionality i. unfold mv, vscal. rewrite <- sum_scal. apply sum_ext; intros; ring. Qed.
Lemma dot_add_l n u v w : dot n (vadd u v) w = dot n u w + dot n v w.
Proof. unfold dot, vadd. rewrite <- sum_plus. apply sum_ext; intros; ring. Qed.
Lemma dot_add_r n u v w : dot n w (vadd u v) = dot n w u + dot n w v.
Proof. unfold dot, vadd. rewrite <- sum_plus. apply sum_ext; intros; ring. Qed.
Lemma dot_scal_l n c u v : dot n (vscal c u) v = c * dot n u v.
Proof. unfold dot, vscal. rewrite <- sum_scal. apply sum_ext; intros; ring. Qed.
Lemma dot_scal_r n c u v : dot n u (vscal c v) = c * dot n u v.
Proof. unfold dot, vscal. rewrite <- sum_scal. apply sum_ext; intros; ring. Qed.
Lemma dot_ones n : dot n ones ones = INR n.
Proof. unfold dot, ones. rewrite (sum_ext n _ (fun _ => 1)) by (intros; ring). rewrite sum_const. ring. Qed.
(* what does not move contributes nothing *)
Lemma add_zero_l u : vadd zeros u = u. Proof. by_entry. Qed.
Lemma add_zero_r u : vadd u zeros = u. Proof. by_entry. Qed.
Lemma scal_zero c : vscal c zeros = zeros. Proof. by_entry. Qed.
Lemma scal_0 u : vscal 0 u = zeros. Proof. by_entry. Qed.
Lemma had_zero_l u : had zeros u = zeros. Proof. by_entry. Qed.
Lemma had_zero_r u : had u zeros = zeros. Proof. by_entry. Qed.
Lemma mv_zero_l n u : mv n mzero u = zeros.
Proof. extensionality i. unfold mv, mzero, zeros. rewrite (sum_ext n _ (fun _ => 0)); [apply sum_zero | intros; ring]. Qed.
Lemma mv_zero_r n A : mv n A zeros = zeros.
Proof. extensionality i. unfold mv, zeros. rewrite (sum_ext n _ (fun _ => 0)); [apply sum_zero | intros; ring]. Qed.
Lemma dot_zero_l n u : dot n zeros u = 0.
Proof. unfold dot, zeros. rewrite (sum_ext n _ (fun _ => 0)); [apply sum_zero | intros; ring]. Qed.
Lemma dot_zero_r n u : dot n u zeros = 0.
Proof. unfold dot, zeros. rewrite (sum_ext n _ (fun _ => 0)); [apply sum_zero | intros; ring]. Qed.
Lemma sub_zero_l u : vsub zeros u = vopp u. Proof. by_entry. Qed.
Lemma sub_zero_r u : vsub u zeros = u. Proof. by_entry. Qed.
Lemma opp_zero : vopp zeros = zeros. Proof. by_entry. Qed.
#[export] Hint Rewrite sub_zero_l sub_zero_r opp_zero Rminus_0_l add_zero_l add_zero_r scal_zero scal_0 had_zero_l had_zero_r mv_zero_l mv_zero_r dot_zero_l dot_zero_r
  Rmult_0_l Rmult_0_r Rplus_0_l Rplus_0_r Ropp_0 Rminus_0_r : still.
#[export] Hint Rewrite sub_is opp_is scal_add scal_scal had_add_l had_add_r had_scal_l had_scal_r had_ones_l had_ones_r
  mv_add mv_scal dot_add_l dot_add_r dot_scal_l dot_scal_r dot_ones : push.

(* ---- what a matrix does to a vector: the matrix A, with k columns and n rows, takes v to w ---- *)
Definition takes (n k : nat) (A : mat) (v w : vec) : Prop := forall i, (i < n)%nat -> mv k A v i = w i.
Lemma takes_add n k A B v a b : takes n k A v a -> takes n k B v b -> takes n k (madd A B) v (vadd a b).
Proof. intros HA HB i Hi. unfold vadd. rewrite <- HA, <- HB by exact Hi. unfold mv, madd. rewrite <- sum_plus. apply sum_ext; intros; ring. Qed.
Lemma mv_madd n A B v : mv n (madd A B) v = vadd (mv n A v) (mv n B v).
Proof. extensionality i. unfold mv, madd, vadd. rewrite <- sum_plus. apply sum_ext; intros; ring. Qed.
Lemma mv_mscal n c A v : mv n (mscal c A) v = vscal c (mv n A v).
Proof. extensionality i. unfold mv, mscal, vscal. rewrite <- sum_scal. apply sum_ext; intros; ring. Qed.
Lemma mv_mopp n A v : mv n (mopp A) v = vscal (-1) (mv n A v).
Proof. extensionality i. unfold mv, mopp, vscal. rewrite <- sum_scal. apply sum_ext; intros; ring. Qed.
Lemma mv_outer n a b v : mv n (outer a b) v = vscal (dot n b v) a.
Proof. extensionality i. unfold mv, outer, vscal, dot. rewrite Rmult_comm, <- sum_scal. apply sum_ext; intros; ring. Qed.
#[export] Hint Rewrite mv_madd mv_mscal mv_mopp mv_outer : push.
Lemma tr_zero : tr mzero = mzero. Proof. reflexivity. Qed.
#[export] Hint Rewrite tr_zero : still.
Lemma takes_opp n k A v a : takes n k A v a -> takes n k (mopp A) v (vopp a).
Proof. intros HA i Hi. unfold vopp. rewrite <- HA by exact Hi. unfold mv, mopp. rewrite <- (Rmult_1_l (sum _ (fun k0 => A i k0 * v k0))), Ropp_mult_distr_l, <- sum_scal. apply sum_ext; intros; ring. Qed.
Lemma takes_scal n k c A v a : takes n k A v a -> takes n k (mscal c A) v (vscal c a).
Proof. intros HA i Hi. unfold vscal. rewrite <- HA by exact Hi. unfold mv, mscal. rewrite <- sum_scal. apply sum_ext; intros; ring. Qed.
Lemma takes_mm n p k A B v b w : takes p k B v b -> takes n p A b w -> takes n k (mm p A B) v w.
Proof.
  intros HB HA i Hi. rewrite <- HA by exact Hi. rewrite <- (mv_cong p A (mv k B v) b HB).
  unfold mv, mm. rewrite (sum_ext k _ (fun j => sum p (fun l => A i l * B l j * v j))).
  - rewrite sum_swap. apply sum_ext; intros l _. rewrite <- sum_scal. apply sum_ext; intros; ring.
  - intros j _. rewrite Rmult_comm, <- sum_scal. apply sum_ext; intros; ring.
Qed.
Lemma takes_diag n c v : takes n n (diag c) v (had c v).
Proof.
  intros i Hi. unfold mv, diag, had. rewrite (sum_ext n _ (fun k => c i * (delta i k * v k))) by (intros; ring).
  now rewrite sum_scal, sum_delta.
Qed.
Lemma takes_eye n v : takes n n eye v v.
Proof. intros i Hi. apply (sum_delta n i v Hi). Qed.
Lemma takes_zero n k v : takes n k mzero v zeros.
Proof. intros i Hi. now rewrite mv_zero_l. Qed.
Lemma takes_outer n k a b v : takes n k (outer a b) v (vscal (dot k b v) a).
Proof. intros i Hi. unfold mv, outer, vscal, dot. rewrite Rmult_comm, <- sum_scal. apply sum_ext; intros; ring. Qed.
Lemma takes_any n k A v : takes n k A v (mv k A v).
Proof. now intros i Hi. Qed.
(* A Kronecker product with a row on the left, on the entries of a matrix *)
Lemma mod_small p k l : (k < p)%nat -> ((l * p + k) mod p = k)%nat.
Proof. intros. rewrite Nat.add_comm, Nat.mod_add by lia. now apply Nat.mod_small. Qed.
Lemma div_small p k l : (k < p)%nat -> ((l * p + k) / p = l)%nat.
Proof. intros. rewrite Nat.add_comm, Nat.div_add by lia. now rewrite Nat.div_small. Qed.
Lemma takes_kron n p q y A W b w : takes p q W y b -> takes n p A b w ->
  takes n (q * p) (kron n p (row y) A) (vectorised p W) w.
Proof.
  intros Hb HA i Hi. rewrite <- HA by exact Hi. rewrite <- (mv_cong p A (mv q W y) b Hb).
  unfold mv at 1. rewrite sum_pairs. rewrite (sum_ext q _ (fun l => sum p (fun k => A i k * (W k l * y l)))).
  - rewrite sum_swap. unfold mv. apply sum_ext; intros k _. rewrite sum_scal. reflexivity.
  - intros l _. apply sum_ext; intros k Hk. unfold kron, vectorised, row.
    rewrite !div_small, !mod_small by exact Hk. rewrite (Nat.mod_small i) by exact Hi. ring.
Qed.
Lemma takes_diag_vec n p M V : takes n n (diag (vectorised p M)) (vectorised p V) (vectorised p (hadm M V)).
Proof. intros i Hi. rewrite (takes_diag n _ _ i Hi). reflexivity. Qed.
Ltac taken := first
  [ eapply takes_diag_vec | eapply takes_add; taken | eapply takes_opp; taken | eapply takes_scal; taken | eapply takes_mm; taken
  | eapply takes_diag | eapply takes_eye | eapply takes_zero | eapply takes_outer
  | eapply takes_kron; [eapply takes_any | taken] | eapply takes_any ].

(* ---- pairings with a cotangent: the side with lam in it moves to  dot n lam z ---- *)
Lemma dot_comm n u v : dot n u v = dot n v u.
Proof. apply sum_ext; intros; ring. Qed.
Lemma dot_mv n k A u v : dot n u (mv k A v) = dot k (mv n (tr A) u) v.
Proof.
  unfold dot, mv, tr. rewrite (sum_ext n _ (fun i => sum k (fun l => u i * A i l * v l))).
  - rewrite sum_swap. apply sum_ext; intros l _. rewrite (Rmult_comm _ (v l)), <- sum_scal. apply sum_ext; intros; ring.
  - intros i _. rewrite <- sum_scal. apply sum_ext; intros; ring.
Qed.

Lemma dot_tr_l n k A u v : dot n (mv k (tr A) u) v = dot k u (mv n A v).
Proof. symmetry. apply dot_mv. Qed.
Lemma dot_tr_r n k A u v : dot n v (mv k (tr A) u) = dot k u (mv n A v).
Proof. rewrite dot_comm. apply dot_tr_l. Qed.
#[export] Hint Rewrite dot_tr_l dot_tr_r : push.

(* ---- curves and their velocities ---- *)
Definition along (n : nat) (X : R -> vec) (s : R) (V : vec) : Prop :=
  forall i, (i < n)%nat -> is_derive (fun e => X e i) s (V i).
Definition along2 (n m : nat) (X : R -> mat) (s : R) (V : mat) : Prop :=
  forall i j, (i < n)%nat -> (j < m)%nat -> is_derive (fun e => X e i j) s (V i j).
Lemma D_eq (f : R -> R) (s a b : R) : is_derive f s a -> a = b -> is_derive f s b.
Proof. now intros H <-. Qed.
Lemma D_const c s : is_derive (fun _ : R => c) s 0. Proof. apply @is_derive_const. Qed.
Lemma D_plus f g s a b : is_derive f s a -> is_derive g s b -> is_derive (fun t => f t + g t) s (a + b).
Proof. intros; now apply @is_derive_plus. Qed.
Lemma D_opp f s a : is_derive f s a -> is_derive (fun t => - f t) s (- a).
Proof. intros; now apply @is_derive_opp. Qed.
Lemma D_minus f g s a b : is_derive f s a -> is_derive g s b -> is_derive (fun t => f t - g t) s (a - b).
Proof. intros; now apply @is_derive_minus. Qed.
Lemma D_mult f g s a b : is_derive f s a -> is_derive g s b -> is_derive (fun t => f t * g t) s (a * g s + f s * b).
Proof. intros; apply @is_derive_mult; auto; apply Rmult_comm. Qed.
Lemma D_pow f s a k : is_derive f s a -> is_derive (fun t => f t ^ S k) s (INR (S k) * f s ^ k * a).
Proof.
  intros H. apply D_eq with (a := INR (S k) * a * f s ^ pred (S k)); [apply (is_derive_pow f (S k) s a H)|].
  replace (pred (S k)) with k by reflexivity. ring.
Qed.
Lemma D_inv f s a : f s <> 0 -> is_derive f s a -> is_derive (fun t => / f t) s (- a * / f s * / f s).
Proof. intros N H. eapply D_eq; [apply (is_derive_inv f s a H N)|]. field. exact N. Qed.
Lemma D_comp_at (f : R -> R) g s d b : is_derive f (g s) d -> is_derive g s b -> is_derive (fun t => f (g t)) s (d * b).
Proof. intros Hf Hg. evar_last. apply (is_derive_comp f g); eauto. unfold scal; simpl; unfold mult; simpl; ring. Qed.
Lemma D_comp (f f' : R -> R) g s b : (forall z, is_derive f z (f' z)) -> is_derive g s b -> is_derive (fun t => f (g t)) s (f' (g s) * b).
Proof. intros Hf. now apply D_comp_at. Qed.
Lemma D_sum n (f : nat -> R -> R) s (d : nat -> R) :
  (forall k, (k < n)%nat -> is_derive (f k) s (d k)) -> is_derive (fun t => sum n (fun k => f k t)) s (sum n d).
Proof.
  induction n; simpl; intros H; [apply @is_derive_const|].
  apply @is_derive_plus; [apply IHn; auto | apply H; lia].
Qed.
Lemma D_dot n X Y s V W : along n X s V -> along n Y s W ->
  is_derive (fun e => dot n (X e) (Y e)) s (dot n V (Y s) + dot n (X s) W).
Proof.
  intros HX HY. unfold dot. rewrite <- sum_plus.
  apply (D_sum n (fun k e => X e k * Y e k) s (fun k => V k * Y s k + X s k * W k)). intros; apply D_mult; auto.
Qed.
Lemma along_const n v s : along n (fun _ => v) s zeros. Proof. intros i Hi; apply D_const. Qed.
Lemma along_add n X Y s V W : along n X s V -> along n Y s W -> along n (fun e => vadd (X e) (Y e)) s (vadd V W).
Proof. intros HX HY i Hi; apply D_plus; auto. Qed.
Lemma along_sub n X Y s V W : along n X s V -> along n Y s W -> along n (fun e => vsub (X e) (Y e)) s (vsub V W).
Proof. intros HX HY i Hi; apply D_minus; auto. Qed.
Lemma along_opp n X s V : along n X s V -> along n (fun e => vopp (X e)) s (vopp V).
Proof. intros HX i Hi; apply D_opp; auto. Qed.
Lemma along_had n X Y s V W : along n X s V -> along n Y s W ->
  along n (fun e => had (X e) (Y e)) s (vadd (had V (Y s)) (had (X s) W)).
Proof. intros HX HY i Hi; apply D_mult; auto. Qed.
Lemma along_scal n c Y s d W : is_derive c s d -> along n Y s W ->
  along n (fun e => vscal (c e) (Y e)) s (vadd (vscal d (Y s)) (vscal (c s) W)).
Proof. intros HX HY i Hi; apply D_mult; auto. Qed.
Lemma along_map n f f' X s V : (forall z, is_derive f z (f' z)) -> along n X s V ->
  along n (fun e => vmap f (X e)) s (had (vmap f' (X s)) V).
Proof. intros Hf HX i Hi; apply (D_comp f f' (fun e => X e i)); auto. Qed.
Lemma along_map_at n f f' X s V : (forall i, (i < n)%nat -> is_derive f (X s i) (f' (X s i))) -> along n X s V ->
  along n (fun e => vmap f (X e)) s (had (vmap f' (X s)) V).
Proof. intros Hf HX i Hi. exact (D_comp_at f (fun e => X e i) s _ _ (Hf i Hi) (HX i Hi)). Qed.
Lemma along_mv n m A X s B V : along2 n m A s B -> along m X s V ->
  along n (fun e => mv m (A e) (X e)) s (vadd (mv m B (X s)) (mv m (A s) V)).
Proof.
  intros HA HX i Hi. unfold mv, vadd. rewrite <- sum_plus.
  apply (D_sum m (fun k e => A e i k * X e k) s (fun k => B i k * X s k + A s i k * V k)). intros; apply D_mult; auto.
Qed.
Lemma along2_const n m A s : along2 n m (fun _ => A) s mzero. Proof. intros i j Hi Hj; apply D_const. Qed.
Lemma along2_tr n m A s B : along2 n m A s B -> along2 m n (fun e => tr (A e)) s (tr B).
Proof. intros H i j Hi Hj; apply (H j i Hj Hi). Qed.

(* ---- functions ---- *)
Definition sigma z := / (1 + exp (- z)).
Definition sigma' z := sigma z * (1 - sigma z).
Lemma D_sigma z : is_derive sigma z (sigma' z).
Proof. unfold sigma', sigma. pose proof (exp_pos (- z)). auto_derive; [lra | field; lra]. Qed.
Definition tanh' z := 1 - tanh z * tanh z.
Lemma D_tanh z : is_derive tanh z (tanh' z).
Proof. unfold tanh', tanh, sinh, cosh. pose proof (exp_pos z). pose proof (exp_pos (- z)). auto_derive; [lra | field; lra]. Qed.

Definition recip (z : R) : R := / z.
(* ---- the closing tactic ---- *)
Ltac same_arguments f := repeat match goal with
  | |- context [f ?a] => match goal with |- context [f ?b] =>
      tryif constr_eq a b then fail else (replace (f a) with (f b) by (apply (f_equal f); numbers)) end end.
Ltac unlike u v := (* u holds a name that v does not: sums are pushed outward, so the two are different *)
  match u with context [?f ?x] =>
    first [is_const f | is_var f]; lazymatch type of (f x) with vec => idtac | mat => idtac end;
    lazymatch v with context [f x] => fail | _ => idtac end
  end.
Ltac alike := (* sums that are equal up to the order of factors become the same *)
  repeat match goal with
  | |- context [mv ?n ?A ?u] => match goal with |- context [mv n A ?v] =>
      tryif (first [constr_eq u v | unlike u v | unlike v u]) then fail else (replace (mv n A u) with (mv n A v) by (apply mv_cong; intros; equal)) end
  | |- context [hadm ?A ?B] => match goal with |- context [hadm ?C ?D] =>
      tryif (constr_eq A C; constr_eq B D) then fail else (replace (hadm A B) with (hadm C D)
        by (let i := fresh "i" in let j := fresh "j" in extensionality i; extensionality j; unfold hadm; numbers)) end
  | |- context [dot ?n ?u ?v] => match goal with |- context [dot n ?w ?z] =>
      tryif (first [constr_eq (had u v) (had w z) | unlike (had u v) (had w z) | unlike (had w z) (had u v)]) then fail
      else (replace (dot n u v) with (dot n w z) by (apply dot_cong; intros; equal)) end
  end
with equal := alike; pointwise; same_arguments recip; numbers.
Ltac close := autorewrite with still; autorewrite with push; autorewrite with still; equal.
Lemma takes_eq n k A v w z : takes n k A v w -> (forall i, (i < n)%nat -> w i = z i) -> takes n k A v z.
Proof. intros H E i Hi. now rewrite <- E, H. Qed.
(* ==== pairings ==== *)
Definition pulls (n : nat) (lam : vec) (k : nat) (G v z : vec) : Prop := dot k G v = dot n lam z.
Definition pulls2 (n : nat) (lam : vec) (p q : nat) (G v : mat) (z : vec) : Prop := frobenius p q G v = dot n lam z.
Definition pulls0 (n : nat) (lam : vec) (g : R) (z : vec) : Prop := g = dot n lam z.
Lemma pulls_lam n lam v : pulls n lam n lam v v. Proof. reflexivity. Qed.
Lemma pulls_zero n lam k v : pulls n lam k zeros v zeros.
Proof. unfold pulls. now rewrite dot_zero_l, dot_zero_r. Qed.
Lemma pulls_add n lam k G H v y z : pulls n lam k G v y -> pulls n lam k H v z -> pulls n lam k (vadd G H) v (vadd y z).
Proof. unfold pulls. intros A B. now rewrite dot_add_l, dot_add_r, A, B. Qed.
Lemma pulls_scal n lam k c G v z : pulls n lam k G v z -> pulls n lam k (vscal c G) v (vscal c z).
Proof. unfold pulls. intros A. now rewrite dot_scal_l, dot_scal_r, A. Qed.
Lemma pulls_opp n lam k G v z : pulls n lam k G v z -> pulls n lam k (vopp G) v (vopp z).
Proof. rewrite !opp_is. apply pulls_scal. Qed.
Lemma pulls_sub n lam k G H v y z : pulls n lam k G v y -> pulls n lam k H v z -> pulls n lam k (vsub G H) v (vsub y z).
Proof. rewrite !sub_is. intros A B. apply pulls_add; [exact A | now apply pulls_scal]. Qed.
Lemma pulls_had_l n lam k c G v z : pulls n lam k G (had c v) z -> pulls n lam k (had c G) v z.
Proof. unfold pulls. intros <-. apply sum_ext; intros; unfold had; ring. Qed.
Lemma pulls_had_r n lam k c G v z : pulls n lam k G (had c v) z -> pulls n lam k (had G c) v z.
Proof. unfold pulls. intros <-. apply sum_ext; intros; unfold had; ring. Qed.
Lemma pulls_tr n lam k p A G v z : pulls n lam p G (mv k A v) z -> pulls n lam k (mv p (tr A) G) v z.
Proof. unfold pulls. intros <-. symmetry. apply dot_mv. Qed.
Lemma pulls_mv n lam k p A G v z : pulls n lam p G (mv k (tr A) v) z -> pulls n lam k (mv p A G) v z.
Proof. unfold pulls. intros <-. rewrite dot_mv. reflexivity. Qed.
Lemma pulls_number n lam k g w v z : pulls0 n lam g z -> pulls n lam k (vscal g w) v (vscal (dot k w v) z).
Proof. unfold pulls, pulls0. intros ->. rewrite dot_scal_l, dot_scal_r. ring. Qed.
Lemma pulls0_dot_l n lam k G y z : pulls n lam k G y z -> pulls0 n lam (dot k G y) z. Proof. auto. Qed.
Lemma pulls0_dot_r n lam k G y z : pulls n lam k G y z -> pulls0 n lam (dot k y G) z.
Proof. unfold pulls0. now rewrite dot_comm. Qed.
Lemma pulls0_zero n lam : pulls0 n lam 0 zeros. Proof. unfold pulls0. now rewrite dot_zero_r. Qed.
Lemma pulls0_mul_l n lam g c z : pulls0 n lam g z -> pulls0 n lam (g * c) (vscal c z).
Proof. unfold pulls0. intros ->. rewrite dot_scal_r. ring. Qed.
Lemma pulls0_mul_r n lam g c z : pulls0 n lam g z -> pulls0 n lam (c * g) (vscal c z).
Proof. unfold pulls0. intros ->. now rewrite dot_scal_r. Qed.
Lemma pulls0_add n lam g h y z : pulls0 n lam g y -> pulls0 n lam h z -> pulls0 n lam (g + h) (vadd y z).
Proof. unfold pulls0. intros -> ->. now rewrite dot_add_r. Qed.
Lemma pulls0_opp n lam g z : pulls0 n lam g z -> pulls0 n lam (- g) (vopp z).
Proof. unfold pulls0. intros ->. rewrite opp_is, dot_scal_r. ring. Qed.
Lemma pulls0_sub n lam g h y z : pulls0 n lam g y -> pulls0 n lam h z -> pulls0 n lam (g - h) (vsub y z).
Proof. intros A B. apply (pulls0_add n lam g (- h) y (vopp z) A) in B || idtac. unfold pulls0 in *. rewrite A, B, sub_is, dot_add_r, dot_scal_r. ring. Qed.
Lemma pulls2_add n lam p q G H v y z : pulls2 n lam p q G v y -> pulls2 n lam p q H v z -> pulls2 n lam p q (madd G H) v (vadd y z).
Proof.
  unfold pulls2. intros A B. rewrite dot_add_r, <- A, <- B. unfold frobenius, madd. rewrite <- sum_plus.
  apply sum_ext; intros. rewrite <- sum_plus. apply sum_ext; intros; ring.
Qed.
Lemma frobenius_scal p q c G v : frobenius p q (mscal c G) v = c * frobenius p q G v.
Proof. unfold frobenius, mscal. rewrite <- sum_scal. apply sum_ext; intros. rewrite <- sum_scal. apply sum_ext; intros; ring. Qed.
Lemma pulls2_scal n lam p q c G v z : pulls2 n lam p q G v z -> pulls2 n lam p q (mscal c G) v (vscal c z).
Proof. unfold pulls2. intros A. now rewrite frobenius_scal, dot_scal_r, A. Qed.
Lemma pulls2_opp n lam p q G v z : pulls2 n lam p q G v z -> pulls2 n lam p q (mopp G) v (vopp z).
Proof.
  intros A. apply (pulls2_scal _ _ _ _ (-1)) in A. rewrite opp_is. unfold pulls2 in *. rewrite <- A.
  apply sum_ext; intros; apply sum_ext; intros; unfold mopp, mscal; ring.
Qed.
Lemma pulls2_number n lam p q g G v z : pulls0 n lam g z -> pulls2 n lam p q (mscal g G) v (vscal (frobenius p q G v) z).
Proof. unfold pulls2, pulls0. intros ->. rewrite frobenius_scal, dot_scal_r. ring. Qed.
Lemma pulls2_zero n lam p q v : pulls2 n lam p q mzero v zeros.
Proof. unfold pulls2, frobenius, mzero. rewrite dot_zero_r, (sum_ext p _ (fun _ => 0)), sum_zero; [reflexivity|].
  intros. rewrite (sum_ext q _ (fun _ => 0)), sum_zero; [reflexivity | intros; ring]. Qed.
Lemma frobenius_outer p q a b v : frobenius p q (outer a b) v = dot p a (mv q v b).
Proof. unfold frobenius, outer, dot, mv. apply sum_ext; intros. rewrite <- sum_scal. apply sum_ext; intros; ring. Qed.
Lemma pulls2_outer_l n lam p q G y v z : pulls n lam p G (mv q v y) z -> pulls2 n lam p q (outer G y) v z.
Proof. unfold pulls, pulls2. intros <-. apply frobenius_outer. Qed.
Lemma pulls2_outer_r n lam p q G y v z : pulls n lam q G (mv p (tr v) y) z -> pulls2 n lam p q (outer y G) v z.
Proof. unfold pulls, pulls2. intros <-. rewrite frobenius_outer, dot_mv. apply dot_comm. Qed.
(* matrices made entry by entry *)
Lemma frobenius_hadm p q C G v : frobenius p q (hadm C G) v = frobenius p q G (hadm C v).
Proof. unfold frobenius, hadm. apply sum_ext; intros; apply sum_ext; intros; ring. Qed.
Lemma pulls2_hadm n lam p q C G v z : pulls2 n lam p q G (hadm C v) z -> pulls2 n lam p q (hadm C G) v z.
Proof. unfold pulls2. now rewrite frobenius_hadm. Qed.
Lemma mmap_tr f A : mmap f (tr A) = tr (mmap f A). Proof. reflexivity. Qed.
Lemma hadm_tr A B : hadm (tr A) (tr B) = tr (hadm A B). Proof. reflexivity. Qed.
Lemma hadm_zero_l A : hadm mzero A = mzero. Proof. extensionality i; extensionality j; unfold hadm, mzero; ring. Qed.
Lemma hadm_zero_r A : hadm A mzero = mzero. Proof. extensionality i; extensionality j; unfold hadm, mzero; ring. Qed.
Lemma hadm_add_l A B C : hadm (madd A B) C = madd (hadm A C) (hadm B C). Proof. extensionality i; extensionality j; unfold hadm, madd; ring. Qed.
Lemma hadm_add_r A B C : hadm C (madd A B) = madd (hadm C A) (hadm C B). Proof. extensionality i; extensionality j; unfold hadm, madd; ring. Qed.
#[export] Hint Rewrite hadm_zero_l hadm_zero_r : still.
#[export] Hint Rewrite hadm_add_l hadm_add_r : push.
Ltac free_of lam t := lazymatch t with context [lam] => fail | _ => idtac end.
Ltac pulled := lazymatch goal with
  | |- pulls _ ?l _ ?l _ _ => apply pulls_lam
  | |- pulls _ _ _ zeros _ _ => apply pulls_zero
  | |- pulls _ _ _ (vadd _ _) _ _ => apply pulls_add; pulled
  | |- pulls _ _ _ (vsub _ _) _ _ => apply pulls_sub; pulled
  | |- pulls _ _ _ (vopp _) _ _ => apply pulls_opp; pulled
  | |- pulls _ ?l _ (vscal ?c _) _ _ => first [free_of l c; apply pulls_scal | apply pulls_number]; pulled
  | |- pulls _ ?l _ (had ?c _) _ _ => first [free_of l c; apply pulls_had_l | apply pulls_had_r]; pulled
  | |- pulls _ _ _ (mv _ (tr _) _) _ _ => apply pulls_tr; pulled
  | |- pulls _ _ _ (mv _ (hadm _ _) _) _ _ => rewrite ?mmap_tr, ?hadm_tr; lazymatch goal with
      | |- pulls _ _ _ (mv _ (tr _) _) _ _ => apply pulls_tr; pulled
      | |- _ => apply pulls_mv; pulled end
  | |- pulls _ _ _ (mv _ _ _) _ _ => apply pulls_mv; pulled
  | |- pulls0 _ _ 0 _ => apply pulls0_zero
  | |- pulls0 _ ?l (dot _ ?u _) _ => first [free_of l u; apply pulls0_dot_r | apply pulls0_dot_l]; pulled
  | |- pulls0 _ ?l (?c * _) _ => first [free_of l c; apply pulls0_mul_r | apply pulls0_mul_l]; pulled
  | |- pulls0 _ _ (_ + _) _ => apply pulls0_add; pulled
  | |- pulls0 _ _ (_ - _) _ => apply pulls0_sub; pulled
  | |- pulls0 _ _ (- _) _ => apply pulls0_opp; pulled
  | |- pulls2 _ _ _ _ mzero _ _ => apply pulls2_zero
  | |- pulls2 _ _ _ _ (madd _ _) _ _ => apply pulls2_add; pulled
  | |- pulls2 _ _ _ _ (mopp _) _ _ => apply pulls2_opp; pulled
  | |- pulls2 _ ?l _ _ (mscal ?c _) _ _ => first [free_of l c; apply pulls2_scal | apply pulls2_number]; pulled
  | |- pulls2 _ _ _ _ (hadm _ _) _ _ => apply pulls2_hadm; pulled
  | |- pulls2 _ ?l _ _ (outer ?u _) _ _ => first [free_of l u; apply pulls2_outer_r | apply pulls2_outer_l]; pulled
  end.
Lemma pulls_eq n lam k G v y z : pulls n lam k G v y -> (forall i, (i < n)%nat -> y i = z i) -> pulls n lam k G v z.
Proof. unfold pulls. intros -> E. apply sum_ext; intros; now rewrite E. Qed.
Lemma pulls2_eq n lam p q G v y z : pulls2 n lam p q G v y -> (forall i, (i < n)%nat -> y i = z i) -> pulls2 n lam p q G v z.
Proof. unfold pulls2. intros -> E. apply sum_ext; intros; now rewrite E. Qed.
Lemma pulls0_eq n lam g y z : pulls0 n lam g y -> (forall i, (i < n)%nat -> y i = z i) -> pulls0 n lam g z.
Proof. unfold pulls0. intros -> E. apply sum_ext; intros; now rewrite E. Qed.
#[export] Hint Rewrite frobenius_outer : push.
(* ==== further matrix rules ==== *)
Lemma along2_add n m A B s V W : along2 n m A s V -> along2 n m B s W -> along2 n m (fun e => madd (A e) (B e)) s (madd V W).
Proof. intros HA HB i j Hi Hj; apply D_plus; auto. Qed.
Lemma along2_opp n m A s V : along2 n m A s V -> along2 n m (fun e => mopp (A e)) s (mopp V).
Proof. intros HA i j Hi Hj; apply D_opp; auto. Qed.
Lemma along2_had n m A B s V W : along2 n m A s V -> along2 n m B s W ->
  along2 n m (fun e => hadm (A e) (B e)) s (madd (hadm V (B s)) (hadm (A s) W)).
Proof. intros HA HB i j Hi Hj. exact (D_mult (fun e => A e i j) (fun e => B e i j) s _ _ (HA i j Hi Hj) (HB i j Hi Hj)). Qed.
Lemma along2_map n m f f' X s V : (forall z, is_derive f z (f' z)) -> along2 n m X s V ->
  along2 n m (fun e => mmap f (X e)) s (hadm (mmap f' (X s)) V).
Proof. intros Hf HX i j Hi Hj. exact (D_comp f f' (fun e => X e i j) s _ Hf (HX i j Hi Hj)). Qed.
Lemma along2_map_at n m f f' X s V : (forall i j, (i < n)%nat -> (j < m)%nat -> is_derive f (X s i j) (f' (X s i j))) -> along2 n m X s V ->
  along2 n m (fun e => mmap f (X e)) s (hadm (mmap f' (X s)) V).
Proof. intros Hf HX i j Hi Hj. exact (D_comp_at f (fun e => X e i j) s _ _ (Hf i j Hi Hj) (HX i j Hi Hj)). Qed.
Lemma along2_scal n m c A s d V : is_derive c s d -> along2 n m A s V ->
  along2 n m (fun e => mscal (c e) (A e)) s (madd (mscal d (A s)) (mscal (c s) V)).
Proof. intros Hc HA i j Hi Hj; apply D_mult; auto. Qed.
(* ==== one entry at a time ==== *)
Definition upd (v : vec) (j : nat) (c : R) : vec := fun i => if Nat.eqb i j then c else v i.
Definition upd2 (A : mat) (k l : nat) (c : R) : mat := fun i j => if andb (Nat.eqb i k) (Nat.eqb j l) then c else A i j.
Lemma upd_same v j : upd v j (v j) = v.
Proof. extensionality i. unfold upd. destruct (Nat.eqb_spec i j); [now subst | reflexivity]. Qed.
Lemma upd2_same A k l : upd2 A k l (A k l) = A.
Proof. extensionality i; extensionality j. unfold upd2. destruct (Nat.eqb_spec i k), (Nat.eqb_spec j l); simpl; congruence. Qed.
Definition unit_vector (j : nat) : vec := fun i => delta j i.
Definition unit_matrix (k l : nat) : mat := fun i j => delta k i * delta l j.
Lemma D_id s : is_derive (fun t : R => t) s 1. Proof. apply @is_derive_id. Qed.
Lemma along_upd n v j s : along n (upd v j) s (unit_vector j).
Proof.
  intros i Hi. unfold upd, unit_vector, delta. rewrite (Nat.eqb_sym j i). destruct (Nat.eqb i j); [apply D_id | apply D_const].
Qed.
Lemma along2_upd2 n m A k l s : along2 n m (upd2 A k l) s (unit_matrix k l).
Proof.
  intros i j Hi Hj. unfold upd2, unit_matrix, delta. rewrite (Nat.eqb_sym k i), (Nat.eqb_sym l j).
  destruct (Nat.eqb i k), (Nat.eqb j l); cbn [andb].
  - apply (D_eq (fun e => e) s 1); [apply D_id | ring].
  - apply (D_eq (fun _ => A i j) s 0); [apply D_const | ring].
  - apply (D_eq (fun _ => A i j) s 0); [apply D_const | ring].
  - apply (D_eq (fun _ => A i j) s 0); [apply D_const | ring].
Qed.
Lemma dot_unit n u j : (j < n)%nat -> dot n u (unit_vector j) = u j.
Proof.
  intros H. unfold dot, unit_vector. rewrite (sum_ext n _ (fun k => delta j k * u k)) by (intros; ring). now apply sum_delta.
Qed.
Lemma mv_unit n A j i : (j < n)%nat -> mv n A (unit_vector j) i = A i j.
Proof. apply (dot_unit n (A i)). Qed.
Lemma vectorised_unit p q k l u : (k < p)%nat -> (l < q)%nat -> dot (q * p) u (vectorised p (unit_matrix k l)) = u (l * p + k)%nat.
Proof.
  intros Hk Hl. unfold dot. rewrite sum_pairs, (sum_ext q _ (fun j => delta l j * u (j * p + k)%nat)); [now apply (sum_delta q l (fun j => u (j * p + k)%nat))|].
  intros j _. rewrite (sum_ext p _ (fun i => delta k i * (delta l j * u (j * p + i)%nat))); [now apply (sum_delta p k (fun i => delta l j * u (j * p + i)%nat))|].
  intros i Hi. unfold vectorised, unit_matrix. rewrite div_small, mod_small by exact Hi. ring.
Qed.
Lemma frobenius_unit p q G k l : (k < p)%nat -> (l < q)%nat -> frobenius p q G (unit_matrix k l) = G k l.
Proof.
  intros Hk Hl. unfold frobenius. rewrite (sum_ext p _ (fun i => delta k i * G i l)); [now apply (sum_delta p k (fun i => G i l))|].
  intros i _. rewrite (sum_ext q _ (fun j => delta l j * (delta k i * G i j))); [now apply (sum_delta q l (fun j => delta k i * G i j))|].
  intros; unfold unit_matrix; ring.
Qed.
(* ==== more functions ==== *)
Definition identity (z : R) := z.
Definition identity' (z : R) := 1.
Lemma D_identity z : is_derive identity z (identity' z). Proof. apply @is_derive_id. Qed.
Definition softplus z := ln (1 + exp z).
Definition softplus' z := sigma z.
Lemma D_softplus z : is_derive softplus z (softplus' z).
Proof. unfold softplus, softplus', sigma. pose proof (exp_pos z). auto_derive; [lra | rewrite exp_Ropp; field; lra]. Qed.
Definition exp' z := exp z.
Lemma D_exp z : is_derive exp z (exp' z). Proof. apply is_derive_exp. Qed.
Definition expm1 z := exp z - 1.
Definition expm1' z := exp z.
Lemma D_expm1 z : is_derive expm1 z (expm1' z). Proof. unfold expm1, expm1'. auto_derive; [exact I | ring]. Qed.
Definition sin' z := cos z.
Lemma D_sin z : is_derive sin z (sin' z). Proof. apply is_derive_sin. Qed.
Definition cos' z := - sin z.
Lemma D_cos z : is_derive cos z (cos' z). Proof. apply is_derive_cos. Qed.
Definition sqrt' z := / (2 * sqrt z).
Lemma D_sqrt z : 0 < z -> is_derive sqrt z (sqrt' z).
Proof. intros H. unfold sqrt'. eapply D_eq; [apply (is_derive_sqrt (fun t => t) z 1); [apply D_id | exact H]|]. unfold Rdiv. ring. Qed.
Definition relu z := Rmax 0 z.
Definition relu' z := if Rlt_dec 0 z then 1 else 0.
Lemma near z (f g : R -> R) d : z <> 0 -> (forall t, 0 < t * z -> f t = g t) -> is_derive f z d -> is_derive g z d.
Proof.
  intros H E D. apply is_derive_ext_loc with (f := f); [|exact D]. exists (mkposreal _ (Rabs_pos_lt z H)).
  intros y Hy. apply E. unfold ball in Hy; simpl in Hy; unfold AbsRing_ball, abs, minus, plus, opp in Hy; simpl in Hy.
  apply Rabs_def2 in Hy. unfold Rabs in Hy. destruct (Rcase_abs z); nra.
Qed.
Lemma D_relu z : z <> 0 -> is_derive relu z (relu' z).
Proof.
  intros H. unfold relu'. destruct (Rlt_dec 0 z).
  - apply (near z (fun t => t)); [exact H | | apply D_id]. intros t Ht. unfold relu. rewrite Rmax_right; nra.
  - apply (near z (fun _ => 0)); [exact H | | apply D_const]. intros t Ht. unfold relu. rewrite Rmax_left; nra.
Qed.
Definition abs' z := if Rlt_dec 0 z then 1 else -1.
Lemma D_abs z : z <> 0 -> is_derive Rabs z (abs' z).
Proof.
  intros H. unfold abs'. destruct (Rlt_dec 0 z).
  - apply (near z (fun t => t)); [exact H | | apply D_id]. intros t Ht. rewrite Rabs_right; nra.
  - apply (near z (fun t => - t)); [exact H | | apply D_opp, D_id]. intros t Ht. rewrite Rabs_left; nra.
Qed.
Definition erf z := 2 / sqrt PI * RInt (fun t => exp (- (t * t))) 0 z.
Definition erf' z := 2 / sqrt PI * exp (- (z * z)).
Lemma D_erf z : is_derive erf z (erf' z).
Proof.
  unfold erf, erf'. apply is_derive_scal. set (f := fun t => exp (- (t * t))).
  assert (C : forall t, continuous f t).
  { intros t. apply (ex_derive_continuous f). exists (exp (- (t * t)) * - (1 * t + t * 1)). unfold f.
    apply (D_comp exp exp (fun t => - (t * t)) t); [apply is_derive_exp | apply D_opp, D_mult; apply D_id]. }
  change (exp (- (z * z))) with (f z). apply (is_derive_RInt f (RInt f 0) 0 z); [|apply C].
  exists (mkposreal 1 Rlt_0_1). intros y _. apply (@RInt_correct R_CompleteNormedModule f 0 y).
  apply (@ex_RInt_continuous R_CompleteNormedModule f 0 y). intros t _. apply C.
Qed.
Lemma sigma_pos z : 0 < sigma z.
Proof. unfold sigma. apply Rinv_0_lt_compat. pose proof (exp_pos (- z)). lra. Qed.
Definition silu z := z * sigma z.
Definition silu' z := sigma z + z * sigma' z.
Lemma D_silu z : is_derive silu z (silu' z).
Proof. eapply D_eq; [apply (D_mult (fun t => t) sigma); [apply D_id | apply D_sigma] | unfold silu'; ring]. Qed.
Definition log_sigmoid z := ln (sigma z).
Definition log_sigmoid' z := 1 - sigma z.
Lemma D_log_sigmoid z : is_derive log_sigmoid z (log_sigmoid' z).
Proof.
  pose proof (sigma_pos z). eapply D_eq; [apply (D_comp_at ln sigma z (/ sigma z)); [now apply is_derive_ln | apply D_sigma]|].
  unfold log_sigmoid', sigma'. field. lra.
Qed.
(* one over every entry *)
Lemma along_recip n X s V : (forall i, (i < n)%nat -> X s i <> 0) -> along n X s V ->
  along n (fun e => vmap recip (X e)) s (had (vopp (had (vmap recip (X s)) (vmap recip (X s)))) V).
Proof.
  intros N H i Hi. eapply D_eq; [apply (D_inv (fun e => X e i) s (V i)); [apply N, Hi | apply H, Hi]|].
  unfold had, vopp, vmap, recip. ring.
Qed.
(* ==== signs ==== *)
Lemma dot_self n u : 0 <= dot n u u. Proof. apply sum_nonneg; intros; apply Rle_0_sqr. Qed.
Lemma ones_pos n : (0 < n)%nat -> 0 < dot n ones ones.
Proof. intros H. rewrite dot_ones. now apply lt_0_INR. Qed.
Ltac positive := repeat lazymatch goal with
  | |- _ <> 0 => apply Rgt_not_eq, Rlt_gt
  | |- 0 < sqrt _ => apply sqrt_lt_R0
  | |- 0 < dot _ ones ones => apply ones_pos; assumption
  | |- 0 < / _ => apply Rinv_0_lt_compat
  | |- 0 < _ + _ => first [apply Rplus_lt_le_0_compat; [lra |] | apply Rplus_le_lt_0_compat; [| lra]]
  | |- 0 <= _ + _ => apply Rplus_le_le_0_compat
  | |- 0 <= _ * _ => apply Rmult_le_pos
  | |- 0 <= dot _ ?u ?u => apply dot_self
  | |- 0 <= / _ => apply Rlt_le, Rinv_0_lt_compat
  | |- _ => lra
  end.
Lemma along_eq n X s V W : along n X s V -> (forall i, (i < n)%nat -> V i = W i) -> along n X s W.
Proof. intros H E i Hi. rewrite <- E by exact Hi. now apply H. Qed.
Lemma mv_unit_matrix p q A k l i : (k < p)%nat -> (l < q)%nat -> mv (q * p) A (vectorised p (unit_matrix k l)) i = A i (l * p + k)%nat.
Proof. intros Hk Hl. exact (vectorised_unit p q k l (A i) Hk Hl). Qed.
Ltac each_part := repeat match goal with |- _ /\ _ => split end.
Ltac each_hypothesis := repeat match goal with H : _ /\ _ |- _ => destruct H end.
Ltac given_or_still := lazymatch goal with
  | |- along _ _ _ _ => first [assumption | apply along_const]
  | |- along2 _ _ _ _ _ => first [assumption | apply along2_const]
  | |- is_derive _ _ _ => first [assumption | apply D_const]
  end.
(* velocities add up *)
Lemma scal_plus c d u : vscal (c + d) u = vadd (vscal c u) (vscal d u). Proof. by_entry. Qed.
Lemma tr_add A B : tr (madd A B) = madd (tr A) (tr B). Proof. reflexivity. Qed.
Lemma mscal_add c A B : mscal c (madd A B) = madd (mscal c A) (mscal c B).
Proof. extensionality i; extensionality j; unfold mscal, madd; ring. Qed.
Lemma mscal_plus c d A : mscal (c + d) A = madd (mscal c A) (mscal d A).
Proof. extensionality i; extensionality j; unfold mscal, madd; ring. Qed.
Lemma mopp_add A B : mopp (madd A B) = madd (mopp A) (mopp B).
Proof. extensionality i; extensionality j; unfold mopp, madd; ring. Qed.
#[export] Hint Rewrite tr_add mscal_add mscal_plus mopp_add hadm_add_l hadm_add_r mv_madd mv_add had_add_l had_add_r scal_add scal_plus dot_add_l dot_add_r : adding.
Ltac added_up := try (let i := fresh "i" in extensionality i); pointwise; numbers.
Ltac added := autorewrite with still; autorewrite with adding; first [added_up | autorewrite with push; autorewrite with adding; added_up].
Lemma madd_zero_l A : madd mzero A = A. Proof. extensionality i; extensionality j; unfold madd, mzero; ring. Qed.
Lemma madd_zero_r A : madd A mzero = A. Proof. extensionality i; extensionality j; unfold madd, mzero; ring. Qed.
#[export] Hint Rewrite madd_zero_l madd_zero_r : still.
(* derivatives that are polynomials in the value, written out: for claims that use g (1 - g) for sigma'(a) *)
Ltac slopes := unfold sigma', tanh', softplus', exp', expm1', sin', cos', identity', sqrt'.
Ltac close_written_out := autorewrite with still; autorewrite with push; autorewrite with still; alike; pointwise; same_arguments recip; slopes; numbers.
