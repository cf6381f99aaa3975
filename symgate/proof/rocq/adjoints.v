(* ==== many steps of a matrix state: the adjoint is a matrix, and what carries it back stands on both sides of it ==== *)
Lemma agree_refl n m A : agree n m A A. Proof. intros i j _ _. reflexivity. Qed.
Lemma agree_sym n m A B : agree n m A B -> agree n m B A. Proof. intros H i j Hi Hj. symmetry. now apply H. Qed.
Lemma agree_trans n m A B C : agree n m A B -> agree n m B C -> agree n m A C.
Proof. intros H K i j Hi Hj. rewrite H by assumption. now apply K. Qed.
Lemma agree_scal n m c A B : agree n m A B -> agree n m (mscal c A) (mscal c B).
Proof. intros H i j Hi Hj. unfold mscal. now rewrite H. Qed.
Lemma agree_mm_l n p m A B C : agree n p A B -> agree n m (mm p A C) (mm p B C).
Proof. intros H i j Hi _. unfold mm. apply sum_ext. intros k Hk. now rewrite H. Qed.
Lemma agree_mm_r n p m A B C : agree p m A B -> agree n m (mm p C A) (mm p C B).
Proof. intros H i j _ Hj. unfold mm. apply sum_ext. intros k Hk. now rewrite H. Qed.
Lemma agree_tr n m A B : agree n m A B -> agree m n (tr A) (tr B).
Proof. intros H i j Hi Hj. now apply H. Qed.
Lemma frobenius_agree n m A B V : agree n m A B -> frobenius n m A V = frobenius n m B V.
Proof. intros H. apply sum_ext. intros i Hi. apply sum_ext. intros j Hj. now rewrite H. Qed.
Lemma mm_scaled_l p c A B : mm p (mscal c A) B = mscal c (mm p A B).
Proof. extensionality i; extensionality j. unfold mm, mscal. rewrite <- sum_scal. apply sum_ext; intros; ring. Qed.
Lemma mm_scaled_r p c A B : mm p A (mscal c B) = mscal c (mm p A B).
Proof. extensionality i; extensionality j. unfold mm, mscal. rewrite <- sum_scal. apply sum_ext; intros; ring. Qed.
Lemma mscal_twice a b A : mscal a (mscal b A) = mscal (a * b) A.
Proof. extensionality i; extensionality j. unfold mscal. ring. Qed.
Lemma mscal_by_1 A : mscal 1 A = A. Proof. extensionality i; extensionality j. unfold mscal. ring. Qed.
Lemma mm_eye_l n m A : agree n m (mm n eye A) A.
Proof. intros i j Hi Hj. unfold mm, eye. now rewrite sum_delta. Qed.
Lemma mm_eye_r n m A : agree n m (mm m A eye) A.
Proof.
  intros i j Hi Hj. unfold mm, eye. rewrite (sum_ext m _ (fun k => delta j k * A i k)); [now rewrite sum_delta|].
  intros k _. unfold delta. rewrite (Nat.eqb_sym k j). ring.
Qed.
Lemma product_of_eyes n lo len : agree n n (product n (fun _ => eye) lo len) eye.
Proof. induction len; [apply agree_refl|]. cbn [product]. eapply agree_trans; [apply mm_eye_l | exact IHlen]. Qed.
Lemma product_first_factor n J lo len : agree n n (product n J lo (S len)) (mm n (product n J (S lo) len) (J lo)).
Proof. apply agree_by. intros y i Hi. rewrite mv_mm. now apply product_first. Qed.
Lemma prod_first n f : prod (S n) f = f 0%nat * prod n (fun c => f (S c)).
Proof. induction n; [simpl; ring|]. change (prod (S (S n)) f) with (prod (S n) f * f (S n)). rewrite IHn. simpl. ring. Qed.
Lemma Product_of_diagonals n lo hi g : agree n n (Product n lo hi (fun j => diag (g j))) (diag (Vprod lo hi g)).
Proof.
  apply agree_by. intros y i Hi. rewrite (Product_diagonal n lo hi (fun j => diag (g j)) g (fun t => diagonal_diag n (g t)) y i Hi).
  symmetry. now apply takes_diag.
Qed.
(* a factor that is not printed is 1, or I *)
Lemma no_number n m lo hi A B : agree n m A B -> agree n m A (mscal (Prod lo hi (fun _ => 1)) B).
Proof. intros H. rewrite Prod_const, pow1, mscal_by_1. exact H. Qed.
Lemma power_number n m k t c A B : agree n m A B -> agree n m (mscal (c ^ (t - k)) A) (mscal (Prod (k + 1) t (fun _ => c)) B).
Proof. intros H. rewrite Prod_const, succ_minus. now apply agree_scal. Qed.
Lemma no_left n m lo hi A B : agree n m A B -> agree n m A (mm n (tr (Product n lo hi (fun _ => eye))) B).
Proof.
  intros H. apply (agree_trans n m A B _ H), agree_sym. eapply agree_trans; [|apply mm_eye_l]. apply agree_mm_l.
  pose proof (agree_tr n n _ _ (product_of_eyes n lo (S hi - lo))) as E. now rewrite turned_eye in E.
Qed.
Lemma diagonal_left n m lo hi g A B : agree n m A B -> agree n m (mm n (diag (Vprod lo hi g)) A) (mm n (tr (Product n lo hi (fun j => diag (g j)))) B).
Proof.
  intros H. eapply agree_trans; [apply agree_mm_r, H|]. apply agree_mm_l, agree_sym.
  pose proof (agree_tr n n _ _ (Product_of_diagonals n lo hi g)) as E. now rewrite turned_diag in E.
Qed.
Lemma ordered_left n m P A B : agree n m A B -> agree n m (mm n P A) (mm n P B). Proof. apply agree_mm_r. Qed.
Lemma no_right n m lo hi A : agree n m A (mm m A (Product m lo hi (fun _ => eye))).
Proof. apply agree_sym. eapply agree_trans; [apply agree_mm_r, product_of_eyes | apply mm_eye_r]. Qed.
Lemma diagonal_right n m lo hi g A : agree n m (mm m A (diag (Vprod lo hi g))) (mm m A (Product m lo hi (fun j => diag (g j)))).
Proof. apply agree_mm_r, agree_sym, Product_of_diagonals. Qed.
Section adjoint_of_a_matrix.
Variables n m : nat.
Variable step : nat -> mat -> mat.
Variable fine : nat -> mat -> Prop.
Variable dl : nat -> mat -> mat.
Variable G : nat -> mat -> mat -> mat.
Let run_from (k j : nat) (x : mat) := runS mat step k (j - S k) x.
Lemma at_later k j x : (S k < j)%nat -> run_from k j x = run_from (S k) j (step (S k) x).
Proof. intros H. unfold run_from. replace (j - S k)%nat with (S (j - S (S k))) by lia. apply runS_first. Qed.
Lemma at_first k x : run_from k (S k) x = x.
Proof. unfold run_from. now rewrite Nat.sub_diag. Qed.
Section sides.
Variable c : nat -> mat -> R.
Variables L Q : nat -> mat -> mat.
Hypothesis G_sides : forall t x lam, fine t x -> agree n m (G t x lam) (mscal (c t x) (mm n (tr (L t x)) (mm m lam (Q t x)))).
(* (c_{k+1} ... c_t) (L_t ... L_{k+1})' delta_t (Q_t ... Q_{k+1}) on the trajectory that is at x at time k *)
Definition carried_sides (k t : nat) (x : mat) : mat :=
  Prod (k + 1) t (fun j => c j (run_from k j x)) *: (tr (Product n (k + 1) t (fun j => L j (run_from k j x))) *[n]
    (dl t (runS mat step k (t - k) x) *[m] Product m (k + 1) t (fun j => Q j (run_from k j x)))).
Lemma carried_none k x : agree n m (dl k x) (carried_sides k (k + 0) x).
Proof.
  unfold carried_sides, Product. rewrite Prod_empty by lia. replace (S (k + 0) - (k + 1))%nat with 0%nat by lia.
  replace (k + 0 - k)%nat with 0%nat by lia. rewrite Nat.add_0_r, mscal_by_1. cbn [product runS]. rewrite turned_eye.
  apply agree_sym. eapply agree_trans; [apply mm_eye_l | apply mm_eye_r].
Qed.
Lemma carried_first k l x : agree n m (carried_sides k (k + S l) x)
  (mscal (c (S k) x) (mm n (tr (L (S k) x)) (mm m (carried_sides (S k) (S k + l) (step (S k) x)) (Q (S k) x)))).
Proof.
  set (y := step (S k) x).
  assert (P : forall p F, agree p p (Product p (k + 1) (k + S l) (fun j => F j (run_from k j x)))
    (mm p (Product p (S k + 1) (S k + l) (fun j => F j (run_from (S k) j y))) (F (S k) x))).
  { intros p F. unfold Product. replace (S (k + S l) - (k + 1))%nat with (S l) by lia. replace (S (S k + l) - (S k + 1))%nat with l by lia.
    eapply agree_trans; [apply product_first_factor|]. replace (k + 1)%nat with (S k) by lia. rewrite at_first. replace (S k + 1)%nat with (S (S k)) by lia.
    rewrite (product_ext p (fun j => F j (run_from k j x)) (fun j => F j (run_from (S k) j y))); [apply agree_refl|].
    intros j Hj. rewrite at_later by lia. reflexivity. }
  assert (E : Prod (k + 1) (k + S l) (fun j => c j (run_from k j x)) = c (S k) x * Prod (S k + 1) (S k + l) (fun j => c j (run_from (S k) j y))).
  { unfold Prod. replace (S (k + S l) - (k + 1))%nat with (S l) by lia. replace (S (S k + l) - (S k + 1))%nat with l by lia.
    rewrite prod_first. apply f_equal2.
    - replace (k + 1 + 0)%nat with (S k) by lia. now rewrite at_first.
    - apply prod_ext. intros q Hq. replace (k + 1 + S q)%nat with (S k + 1 + q)%nat by lia. now rewrite at_later by lia. }
  assert (D : dl (k + S l) (runS mat step k (k + S l - k) x) = dl (S k + l) (runS mat step (S k) (S k + l - S k) y)).
  { replace (k + S l - k)%nat with (S l) by lia. replace (S k + l - S k)%nat with l by lia. rewrite runS_first.
    now replace (k + S l)%nat with (S k + l)%nat by lia. }
  unfold carried_sides. rewrite E, D, mm_scaled_l, mm_scaled_r, mscal_twice. apply agree_scal.
  eapply agree_trans; [apply agree_mm_l, agree_tr, P|]. rewrite turned_mm, mm_assoc. apply agree_mm_r.
  rewrite mm_assoc. apply agree_mm_r. rewrite mm_assoc. apply agree_mm_r. apply P.
Qed.
Theorem seen_sides l : forall k x, (forall q, (q < l)%nat -> fine (k + S q) (runS mat step k q x)) ->
  agree n m (seenS mat step dl G k l x) (carried_sides k (k + l) x).
Proof.
  induction l; intros k x HF; [apply carried_none|]. destruct (fine_first mat step fine k l x HF) as [F1 F2]. cbn [seenS].
  eapply agree_trans; [apply G_sides, F1|]. apply agree_sym. eapply agree_trans; [apply carried_first|].
  apply agree_scal, agree_mm_r, agree_mm_l, agree_sym. now apply IHl.
Qed.
End sides.
Variable J : nat -> mat -> mat -> mat.
Hypothesis G_pulls : forall t x lam V, fine t x -> frobenius n m (G t x lam) V = frobenius n m lam (J t x V).
(* the adjoint as what all later losses say *)
Theorem adjoint_by_loss r k x : (forall q, (q < r)%nat -> fine (k + S q) (runS mat step k q x)) ->
  agree n m (adjointS mat madd step dl G k r x) (Msum k (k + r) (fun t => seenS mat step dl G k (t - k) x)).
Proof.
  intros HF i j Hi Hj. rewrite <- (frobenius_unit n m _ i j Hi Hj).
  rewrite (adjointS_closed mat madd (frobenius n m) (frobenius_add n m) step J fine dl G G_pulls r k x _ HF).
  unfold Msum, Sum. replace (S (k + r) - k)%nat with (S r) by lia. apply sum_ext. intros l Hl.
  replace (k + l - k)%nat with l by lia. rewrite <- (frobenius_unit n m (seenS mat step dl G k l x) i j Hi Hj). symmetry.
  apply (seenS_is mat (frobenius n m) step J fine dl G G_pulls). intros q Hq. apply HF. lia.
Qed.
End adjoint_of_a_matrix.
Lemma Msum_agree n m lo hi f g : (forall t, (lo <= t <= hi)%nat -> agree n m (f t) (g t)) -> agree n m (Msum lo hi f) (Msum lo hi g).
Proof. intros H i j Hi Hj. apply Sum_ext. intros t Ht. now apply H. Qed.

(* ---- the influence on a matrix state, on its columns ---- *)
Lemma frobenius_vectorised n m A B : frobenius n m A B = dot (m * n) (vectorised n A) (vectorised n B).
Proof.
  rewrite frobenius_columns. unfold dot at 2. rewrite sum_pairs. apply sum_ext. intros l _. apply sum_ext. intros k Hk.
  unfold vectorised. now rewrite div_small, mod_small by exact Hk.
Qed.
(* what a matrix on the columns makes of a matrix *)
Definition acted_on (n m : nat) (M V : mat) : mat := unstacked n (M *[m * n] vectorised n V).
Lemma acted_on_columns n m M V : takes (m * n) (m * n) M (vectorised n V) (vectorised n (acted_on n m M V)).
Proof. intros i Hi. unfold acted_on. now rewrite (columns_back n m _ i Hi). Qed.
Lemma acted_on_is n m M V Z : acts n m n m M V Z -> agree n m (acted_on n m M V) Z.
Proof.
  intros H i j Hi Hj. unfold acted_on, unstacked. rewrite (H (j * n + i)%nat (in_columns n m i j Hi Hj)).
  unfold vectorised. now rewrite div_small, mod_small by exact Hi.
Qed.
(* a Kronecker product with a column on the right: what its left factor makes of a vector scales that column *)
Lemma takes_kron_column n m k P v y w : takes m k P y w -> takes (m * n) k (kron n 1 P (tr (row v))) y (vectorised n (outer v w)).
Proof.
  intros H i Hi. destruct (on_columns n m i Hi) as [_ D]. unfold vectorised, outer. rewrite <- (H _ D). unfold mv. rewrite <- sum_scal.
  apply sum_ext. intros j _. unfold kron, tr, row. rewrite Nat.div_1_r. ring.
Qed.
Lemma acts_kron_column n m p q P v W w : takes m (q * p) P (vectorised p W) w -> acts n m p q (kron n 1 P (tr (row v))) W (outer v w).
Proof. exact (takes_kron_column n m (q * p) P v (vectorised p W) w). Qed.
Lemma raises_kron_column n m k P v y w : takes m k P y w -> raises n m k (kron n 1 P (tr (row v))) y (outer v w).
Proof. exact (takes_kron_column n m k P v y w). Qed.
(* the change of a number: the columns of an outer product, each entry times that number *)
Lemma raises_columns n m a b w : raises n m 1 (kron n 1 (tr (row a)) (tr (row b))) (fun _ => w) (outer b (vscal w a)).
Proof. apply (takes_kron_column n m 1). intros i _. unfold mv, tr, row, vscal. simpl. ring. Qed.
Ltac acted_on_parts := lazymatch goal with
  | |- acts _ _ _ _ (madd _ _) _ _ => eapply acts_add; acted_on_parts
  | |- acts _ _ _ _ (mopp _) _ _ => eapply acts_opp; acted_on_parts
  | |- acts _ _ _ _ (mscal _ _) _ _ => eapply acts_scal; acted_on_parts
  | |- acts _ _ _ _ (mm _ _ _) _ _ => eapply acts_mm; acted_on_parts
  | |- acts _ _ _ _ (kron _ 1 _ (tr (row _))) _ _ => eapply acts_kron_column; taken
  | |- acts _ _ _ _ (kron _ _ _ _) _ _ => eapply acts_kron
  | |- acts _ _ _ _ (diag _) _ _ => eapply acts_diag
  | |- acts _ _ _ _ eye _ _ => eapply acts_eye
  | |- acts _ _ _ _ mzero _ _ => eapply acts_zero
  end.
Lemma kron_opp p q A B : kron p q A (mopp B) = mopp (kron p q A B).
Proof. extensionality i; extensionality j. unfold kron, mopp. ring. Qed.
Ltac raised_on_parts := lazymatch goal with
  | |- raises _ _ _ (madd _ _) _ _ => eapply raises_add; raised_on_parts
  | |- raises _ _ _ (mopp _) _ _ => eapply raises_opp; raised_on_parts
  | |- raises _ _ _ (mscal _ _) _ _ => eapply raises_scal; raised_on_parts
  | |- raises _ _ _ (mm _ (diag (vectorised _ _)) _) _ _ => eapply raises_diag; raised_on_parts
  | |- raises _ _ 1 (kron _ 1 (tr (row _)) (tr (row _))) (fun _ => _) _ => apply raises_columns
  | |- raises _ _ _ (kron _ 1 _ (tr (row _))) _ _ => eapply raises_kron_column; taken
  | |- raises _ _ _ (kron _ _ (tr (row _)) (diag _)) _ _ => eapply raises_kron_diag
  | |- raises _ _ _ (kron _ _ (tr (row _)) (mscal _ (diag _))) _ _ => rewrite kron_scal; eapply raises_scal; raised_on_parts
  | |- raises _ _ _ (kron _ _ (tr (row _)) (mopp _)) _ _ => rewrite kron_opp; eapply raises_opp; raised_on_parts
  | |- raises _ _ _ (kron _ _ (tr (row _)) _) _ _ => eapply raises_kron
  | |- raises _ _ _ mzero _ _ => eapply raises_zero
  end.
