(* ==== states that are matrices ==== *)
(* A change of the state is a matrix: two of them are compared entry by entry, or by what they do to any vector. *)
Definition agree (n m : nat) (A B : mat) : Prop := forall i j, (i < n)%nat -> (j < m)%nat -> A i j = B i j.
Lemma along2_eq n m X s V W : along2 n m X s V -> agree n m V W -> along2 n m X s W.
Proof. intros H E i j Hi Hj. rewrite <- E by assumption. now apply H. Qed.
Lemma along2_diag n m X s V : along n X s V -> along2 n m (fun e => diag (X e)) s (diag V).
Proof.
  intros H i j Hi Hj. unfold diag.
  eapply D_eq; [apply (D_mult (fun _ => delta i j) (fun e => X e i) s 0 (V i)); [apply D_const | apply H, Hi] | cbv beta; ring].
Qed.
Lemma along2_outer n m X Y s V W : along n X s V -> along m Y s W ->
  along2 n m (fun e => outer (X e) (Y e)) s (madd (outer V (Y s)) (outer (X s) W)).
Proof. intros HX HY i j Hi Hj. exact (D_mult (fun e => X e i) (fun e => Y e j) s _ _ (HX i Hi) (HY j Hj)). Qed.
Lemma along2_mm n p m A B s V W : along2 n p A s V -> along2 p m B s W ->
  along2 n m (fun e => mm p (A e) (B e)) s (madd (mm p V (B s)) (mm p (A s) W)).
Proof.
  intros HA HB i j Hi Hj. unfold mm, madd. rewrite <- sum_plus.
  apply (D_sum p (fun k e => A e i k * B e k j) s (fun k => V i k * B s k j + A s i k * W k j)). intros; apply D_mult; auto.
Qed.
Lemma D_frobenius n m L X s V : along2 n m X s V -> is_derive (fun e => frobenius n m L (X e)) s (frobenius n m L V).
Proof.
  intros H. unfold frobenius. apply (D_sum n (fun i e => sum m (fun j => L i j * X e i j)) s (fun i => sum m (fun j => L i j * V i j))).
  intros i Hi. apply (D_sum m (fun j e => L i j * X e i j) s (fun j => L i j * V i j)). intros j Hj.
  eapply D_eq; [apply (D_mult (fun _ => L i j) (fun e => X e i j) s 0 (V i j)); [apply D_const | apply H; assumption] | cbv beta; ring].
Qed.

(* ---- what does not move, and sums, in products of matrices ---- *)
Ltac by_entries := let i := fresh "i" in let j := fresh "j" in extensionality i; extensionality j; unfold madd, mopp, mscal, mzero, outer, diag, tr; pointwise; try ring.
Lemma mm_nought_l p A : mm p mzero A = mzero.
Proof. extensionality i; extensionality j. unfold mm, mzero. rewrite (sum_ext p _ (fun _ => 0)); [apply sum_zero | intros; ring]. Qed.
Lemma mm_nought_r p A : mm p A mzero = mzero.
Proof. extensionality i; extensionality j. unfold mm, mzero. rewrite (sum_ext p _ (fun _ => 0)); [apply sum_zero | intros; ring]. Qed.
Lemma outer_nought_l u : outer zeros u = mzero. Proof. by_entries. Qed.
Lemma outer_nought_r u : outer u zeros = mzero. Proof. by_entries. Qed.
Lemma diag_nought : diag zeros = mzero. Proof. by_entries. Qed.
Lemma mscal_nought c : mscal c mzero = mzero. Proof. by_entries. Qed.
Lemma mscal_by_0 A : mscal 0 A = mzero. Proof. by_entries. Qed.
Lemma mopp_nought : mopp mzero = mzero. Proof. by_entries. Qed.
#[export] Hint Rewrite mm_nought_l mm_nought_r outer_nought_l outer_nought_r diag_nought mscal_nought mscal_by_0 mopp_nought : still.
Lemma mm_sum_l p A B C : mm p (madd A B) C = madd (mm p A C) (mm p B C).
Proof. extensionality i; extensionality j. unfold mm, madd. rewrite <- sum_plus. apply sum_ext; intros; ring. Qed.
Lemma mm_sum_r p A B C : mm p C (madd A B) = madd (mm p C A) (mm p C B).
Proof. extensionality i; extensionality j. unfold mm, madd. rewrite <- sum_plus. apply sum_ext; intros; ring. Qed.
Lemma outer_sum_l u v w : outer (vadd u v) w = madd (outer u w) (outer v w). Proof. by_entries. Qed.
Lemma outer_sum_r u v w : outer w (vadd u v) = madd (outer w u) (outer w v). Proof. by_entries. Qed.
Lemma diag_sum u v : diag (vadd u v) = madd (diag u) (diag v). Proof. by_entries. Qed.
#[export] Hint Rewrite mm_sum_l mm_sum_r outer_sum_l outer_sum_r diag_sum : adding.
Ltac added_entry := let i := fresh "i" in let j := fresh "j" in
  extensionality i; extensionality j; unfold madd, mopp, mscal, outer, diag; pointwise; numbers.
Ltac added_matrix := autorewrite with still; autorewrite with adding;
  first [added_entry | autorewrite with push; autorewrite with adding; added_entry].

(* ---- what a matrix does to any vector says what its entries are ---- *)
Lemma agree_by n m A B : (forall y i, (i < n)%nat -> mv m A y i = mv m B y i) -> agree n m A B.
Proof. intros H i j Hi Hj. rewrite <- (mv_unit m A j i Hj), <- (mv_unit m B j i Hj). now apply H. Qed.
Lemma takes_both n m A B y a b : takes n m A y a -> takes n m B y b -> (forall i, (i < n)%nat -> a i = b i) ->
  forall i, (i < n)%nat -> mv m A y i = mv m B y i.
Proof. intros HA HB E i Hi. now rewrite (HA i Hi), (HB i Hi), (E i Hi). Qed.
Lemma takes_weighted_outer n k A u v y : takes n k (hadm A (outer u v)) y (had u (mv k A (had v y))).
Proof. intros i Hi. unfold mv, hadm, outer, had. rewrite <- sum_scal. apply sum_ext; intros; ring. Qed.
(* a diagonal is its entries, on the range of an index *)
Lemma mv_diag_on n A c x : mv n A (mv n (diag c) x) = mv n A (had c x).
Proof. apply mv_cong. exact (takes_diag n c x). Qed.
Lemma dot_diag_on_l n c x u : dot n (mv n (diag c) x) u = dot n (had c x) u.
Proof. apply dot_cong. intros i Hi. now rewrite (takes_diag n c x i Hi). Qed.
Lemma dot_diag_on_r n c x u : dot n u (mv n (diag c) x) = dot n u (had c x).
Proof. apply dot_cong. intros i Hi. now rewrite (takes_diag n c x i Hi). Qed.
#[export] Hint Rewrite mv_diag_on dot_diag_on_l dot_diag_on_r : push.
Lemma takes_outer_diag n k c x w y : takes n k (outer (mv n (diag c) x) w) y (vscal (dot k w y) (had c x)).
Proof. intros i Hi. rewrite (takes_outer n k _ _ _ i Hi). unfold vscal. now rewrite (takes_diag n c x i Hi). Qed.
(* the first factor of an outer product in summands, so that each diagonal in it is met *)
Lemma outer_scal_l c u w : outer (vscal c u) w = mscal c (outer u w). Proof. by_entries. Qed.
Lemma mv_of_mm n k A B x : mv n (mm k A B) x = mv k A (mv n B x).
Proof.
  extensionality i. unfold mv, mm. rewrite (sum_ext n _ (fun j => sum k (fun l => A i l * B l j * x j))).
  - rewrite sum_swap. apply sum_ext; intros l _. rewrite <- sum_scal. apply sum_ext; intros; ring.
  - intros j _. rewrite Rmult_comm, <- sum_scal. apply sum_ext; intros; ring.
Qed.
#[export] Hint Rewrite mv_of_mm : push.
Lemma turned_twice A : tr (tr A) = A. Proof. reflexivity. Qed.
Lemma turned_opp A : tr (mopp A) = mopp (tr A). Proof. reflexivity. Qed.
Lemma turned_scal c A : tr (mscal c A) = mscal c (tr A). Proof. reflexivity. Qed.
Lemma turned_outer u v : tr (outer u v) = outer v u. Proof. by_entries. Qed.
Lemma turned_eye : tr eye = eye.
Proof. extensionality i; extensionality j. unfold tr, eye, delta. now rewrite Nat.eqb_sym. Qed.
Lemma turned_diag u : tr (diag u) = diag u.
Proof.
  extensionality i; extensionality j. unfold tr, diag, delta. rewrite (Nat.eqb_sym i j).
  destruct (Nat.eqb_spec j i) as [->|]; ring.
Qed.
Lemma turned_mm p A B : tr (mm p A B) = mm p (tr B) (tr A).
Proof. extensionality i; extensionality j. unfold tr, mm. apply sum_ext; intros; ring. Qed.
#[export] Hint Rewrite tr_zero tr_add turned_twice turned_opp turned_scal turned_outer turned_eye turned_diag turned_mm : turned.
Lemma turned_mmap f A : tr (mmap f A) = mmap f (tr A). Proof. reflexivity. Qed.
Lemma turned_hadm A B : tr (hadm A B) = hadm (tr A) (tr B). Proof. reflexivity. Qed.
#[export] Hint Rewrite turned_mmap turned_hadm turned_outer turned_twice : push.
Ltac taken_up := lazymatch goal with
  | |- takes _ _ (madd _ _) _ _ => eapply takes_add; taken_up
  | |- takes _ _ (mopp _) _ _ => eapply takes_opp; taken_up
  | |- takes _ _ (mscal _ _) _ _ => eapply takes_scal; taken_up
  | |- takes _ _ (mm _ _ _) _ _ => eapply takes_mm; taken_up
  | |- takes _ _ (diag _) _ _ => eapply takes_diag
  | |- takes _ _ eye _ _ => eapply takes_eye
  | |- takes _ _ mzero _ _ => eapply takes_zero
  | |- takes _ _ (outer (vadd _ _) _) _ _ => rewrite outer_sum_l; taken_up
  | |- takes _ _ (outer (vsub _ _) _) _ _ => rewrite sub_is; taken_up
  | |- takes _ _ (outer (vopp _) _) _ _ => rewrite opp_is; taken_up
  | |- takes _ _ (outer (vscal _ _) _) _ _ => rewrite outer_scal_l; taken_up
  | |- takes ?n _ (outer (mv ?n (diag _) _) _) _ _ => eapply takes_outer_diag
  | |- takes _ _ (outer _ _) _ _ => eapply takes_outer
  | |- takes _ _ (hadm _ (madd _ _)) _ _ => rewrite hadm_add_r; taken_up
  | |- takes _ _ (hadm _ (outer _ _)) _ _ => eapply takes_weighted_outer
  | |- takes _ _ (tr _) _ _ => first [progress autorewrite with turned; taken_up | eapply takes_any]
  | |- _ => eapply takes_any
  end.

(* ---- pairings with a cotangent that is a matrix: the side with lam in it moves to  frobenius n m lam Z ---- *)
Lemma frobenius_comm p q A B : frobenius p q A B = frobenius p q B A.
Proof. apply sum_ext; intros; apply sum_ext; intros; ring. Qed.
Lemma frobenius_sum_r p q L A B : frobenius p q L (madd A B) = frobenius p q L A + frobenius p q L B.
Proof.
  unfold frobenius, madd. rewrite <- sum_plus. apply sum_ext; intros. rewrite <- sum_plus. apply sum_ext; intros; ring.
Qed.
Lemma frobenius_scal_r p q c L A : frobenius p q L (mscal c A) = c * frobenius p q L A.
Proof. now rewrite frobenius_comm, frobenius_scal, frobenius_comm. Qed.
Lemma mopp_scal A : mopp A = mscal (-1) A. Proof. by_entries. Qed.
Lemma frobenius_nought_r p q L : frobenius p q L mzero = 0.
Proof. rewrite <- (mscal_by_0 mzero), frobenius_scal_r. ring. Qed.
Lemma frobenius_nought_l p q L : frobenius p q mzero L = 0. Proof. now rewrite frobenius_comm, frobenius_nought_r. Qed.
Lemma frobenius_columns p q A B : frobenius p q A B = sum q (fun j => dot p (fun i => A i j) (fun i => B i j)).
Proof. unfold frobenius, dot. apply sum_swap. Qed.
Lemma frobenius_mm_l p q k A G V : frobenius p q (mm k A G) V = frobenius k q G (mm p (tr A) V).
Proof.
  rewrite !frobenius_columns. apply sum_ext; intros j _.
  change (dot p (mv k A (fun l => G l j)) (fun i => V i j) = dot k (fun l => G l j) (mv p (tr A) (fun i => V i j))).
  rewrite dot_comm, dot_mv. apply dot_comm.
Qed.
Lemma frobenius_mm_r p q k G B V : frobenius p q (mm k G B) V = frobenius p k G (mm q V (tr B)).
Proof.
  unfold frobenius. apply sum_ext; intros i _.
  assert (E : sum q (fun j => mm k G B i j * V i j) = dot q (mv k (tr B) (G i)) (V i)).
  { apply sum_ext; intros j _. f_equal. apply sum_ext; intros; unfold tr; ring. }
  rewrite E, dot_tr_l. apply sum_ext; intros l _. f_equal. apply sum_ext; intros; unfold tr; ring.
Qed.
Definition mpulls (n m : nat) (lam : mat) (k : nat) (G v : vec) (Z : mat) : Prop := dot k G v = frobenius n m lam Z.
Definition mpulls2 (n m : nat) (lam : mat) (p q : nat) (G V Z : mat) : Prop := frobenius p q G V = frobenius n m lam Z.
Definition mpulls0 (n m : nat) (lam : mat) (g : R) (Z : mat) : Prop := g = frobenius n m lam Z.
Lemma mpulls_zero n m lam k v : mpulls n m lam k zeros v mzero.
Proof. unfold mpulls. now rewrite dot_zero_l, frobenius_nought_r. Qed.
Lemma mpulls_add n m lam k G H v Y Z : mpulls n m lam k G v Y -> mpulls n m lam k H v Z -> mpulls n m lam k (vadd G H) v (madd Y Z).
Proof. unfold mpulls. intros A B. now rewrite dot_add_l, frobenius_sum_r, A, B. Qed.
Lemma mpulls_scal n m lam k c G v Z : mpulls n m lam k G v Z -> mpulls n m lam k (vscal c G) v (mscal c Z).
Proof. unfold mpulls. intros A. now rewrite dot_scal_l, frobenius_scal_r, A. Qed.
Lemma mpulls_opp n m lam k G v Z : mpulls n m lam k G v Z -> mpulls n m lam k (vopp G) v (mopp Z).
Proof. rewrite opp_is, mopp_scal. apply mpulls_scal. Qed.
Lemma mpulls_sub n m lam k G H v Y Z : mpulls n m lam k G v Y -> mpulls n m lam k H v Z -> mpulls n m lam k (vsub G H) v (madd Y (mopp Z)).
Proof. rewrite sub_is, mopp_scal. intros A B. apply mpulls_add; [exact A | now apply mpulls_scal]. Qed.
Lemma mpulls_had_l n m lam k c G v Z : mpulls n m lam k G (had c v) Z -> mpulls n m lam k (had c G) v Z.
Proof. unfold mpulls. intros <-. apply sum_ext; intros; unfold had; ring. Qed.
Lemma mpulls_had_r n m lam k c G v Z : mpulls n m lam k G (had c v) Z -> mpulls n m lam k (had G c) v Z.
Proof. unfold mpulls. intros <-. apply sum_ext; intros; unfold had; ring. Qed.
Lemma mpulls_tr n m lam k p A G v Z : mpulls n m lam p G (mv k A v) Z -> mpulls n m lam k (mv p (tr A) G) v Z.
Proof. unfold mpulls. intros <-. symmetry. apply dot_mv. Qed.
Lemma mpulls_mv n m lam k p A G v Z : mpulls n m lam p G (mv k (tr A) v) Z -> mpulls n m lam k (mv p A G) v Z.
Proof. unfold mpulls. intros <-. rewrite dot_mv. reflexivity. Qed.
Lemma mpulls_diag n m lam k c G v Z : mpulls n m lam k G (had c v) Z -> mpulls n m lam k (mv k (diag c) G) v Z.
Proof. unfold mpulls. intros <-. rewrite dot_diag_on_l. apply sum_ext; intros; unfold had; ring. Qed.
Lemma mpulls_row n m lam w v : mpulls n m lam n (mv m lam w) v (outer v w).
Proof. unfold mpulls. now rewrite frobenius_comm, frobenius_outer, dot_comm. Qed.
Lemma mpulls_column n m lam w v : mpulls n m lam m (mv n (tr lam) w) v (outer w v).
Proof. unfold mpulls. now rewrite frobenius_comm, frobenius_outer, dot_tr_l. Qed.
Lemma mpulls_hadm n m lam C w v : mpulls n m lam n (mv m (hadm C lam) w) v (hadm C (outer v w)).
Proof. unfold mpulls. rewrite <- frobenius_hadm. apply mpulls_row. Qed.
Lemma mpulls_hadm_tr n m lam C w v : mpulls n m lam m (mv n (hadm (tr C) (tr lam)) w) v (hadm C (outer w v)).
Proof. unfold mpulls. rewrite <- frobenius_hadm. apply (mpulls_column n m (hadm C lam)). Qed.
Lemma mpulls_hadm_turned n m lam M w v : mpulls n m lam m (mv n (hadm M (tr lam)) w) v (hadm (tr M) (outer w v)).
Proof. exact (mpulls_hadm_tr n m lam (tr M) w v). Qed.
Lemma mpulls_number n m lam k g w v Z : mpulls0 n m lam g Z -> mpulls n m lam k (vscal g w) v (mscal (dot k w v) Z).
Proof. unfold mpulls, mpulls0. intros ->. rewrite dot_scal_l, frobenius_scal_r. ring. Qed.
Lemma mpulls0_zero n m lam : mpulls0 n m lam 0 mzero. Proof. unfold mpulls0. now rewrite frobenius_nought_r. Qed.
Lemma mpulls0_dot_l n m lam k G y Z : mpulls n m lam k G y Z -> mpulls0 n m lam (dot k G y) Z. Proof. auto. Qed.
Lemma mpulls0_dot_r n m lam k G y Z : mpulls n m lam k G y Z -> mpulls0 n m lam (dot k y G) Z.
Proof. unfold mpulls0. now rewrite dot_comm. Qed.
Lemma mpulls0_mul_l n m lam g c Z : mpulls0 n m lam g Z -> mpulls0 n m lam (g * c) (mscal c Z).
Proof. unfold mpulls0. intros ->. rewrite frobenius_scal_r. ring. Qed.
Lemma mpulls0_mul_r n m lam g c Z : mpulls0 n m lam g Z -> mpulls0 n m lam (c * g) (mscal c Z).
Proof. unfold mpulls0. intros ->. now rewrite frobenius_scal_r. Qed.
Lemma mpulls0_add n m lam g h Y Z : mpulls0 n m lam g Y -> mpulls0 n m lam h Z -> mpulls0 n m lam (g + h) (madd Y Z).
Proof. unfold mpulls0. intros -> ->. now rewrite frobenius_sum_r. Qed.
Lemma mpulls0_opp n m lam g Z : mpulls0 n m lam g Z -> mpulls0 n m lam (- g) (mopp Z).
Proof. unfold mpulls0. intros ->. rewrite mopp_scal, frobenius_scal_r. ring. Qed.
Lemma mpulls0_sub n m lam g h Y Z : mpulls0 n m lam g Y -> mpulls0 n m lam h Z -> mpulls0 n m lam (g - h) (madd Y (mopp Z)).
Proof. intros A B. apply (mpulls0_add n m lam g (- h) Y (mopp Z) A). now apply mpulls0_opp. Qed.
Lemma mpulls2_lam n m lam V : mpulls2 n m lam n m lam V V. Proof. reflexivity. Qed.
Lemma mpulls2_zero n m lam p q V : mpulls2 n m lam p q mzero V mzero.
Proof. unfold mpulls2. now rewrite frobenius_nought_l, frobenius_nought_r. Qed.
Lemma mpulls2_add n m lam p q G H V Y Z : mpulls2 n m lam p q G V Y -> mpulls2 n m lam p q H V Z -> mpulls2 n m lam p q (madd G H) V (madd Y Z).
Proof. unfold mpulls2. intros A B. rewrite frobenius_sum_r, <- A, <- B, !(frobenius_comm p q _ V). apply frobenius_sum_r. Qed.
Lemma mpulls2_scal n m lam p q c G V Z : mpulls2 n m lam p q G V Z -> mpulls2 n m lam p q (mscal c G) V (mscal c Z).
Proof. unfold mpulls2. intros A. now rewrite frobenius_scal, frobenius_scal_r, A. Qed.
Lemma mpulls2_opp n m lam p q G V Z : mpulls2 n m lam p q G V Z -> mpulls2 n m lam p q (mopp G) V (mopp Z).
Proof. rewrite !mopp_scal. apply mpulls2_scal. Qed.
Lemma mpulls2_number n m lam p q g G V Z : mpulls0 n m lam g Z -> mpulls2 n m lam p q (mscal g G) V (mscal (frobenius p q G V) Z).
Proof. unfold mpulls2, mpulls0. intros ->. rewrite frobenius_scal, frobenius_scal_r. ring. Qed.
Lemma mpulls2_outer_l n m lam p q G y V Z : mpulls n m lam p G (mv q V y) Z -> mpulls2 n m lam p q (outer G y) V Z.
Proof. unfold mpulls, mpulls2. intros <-. apply frobenius_outer. Qed.
Lemma mpulls2_outer_r n m lam p q G y V Z : mpulls n m lam q G (mv p (tr V) y) Z -> mpulls2 n m lam p q (outer y G) V Z.
Proof. unfold mpulls, mpulls2. intros <-. rewrite frobenius_outer, dot_mv. apply dot_comm. Qed.
Lemma mpulls2_hadm n m lam p q C G V Z : mpulls2 n m lam p q G (hadm C V) Z -> mpulls2 n m lam p q (hadm C G) V Z.
Proof. unfold mpulls2. now rewrite frobenius_hadm. Qed.
Lemma mpulls2_tr n m lam p q G V Z : mpulls2 n m lam q p G (tr V) Z -> mpulls2 n m lam p q (tr G) V Z.
Proof. unfold mpulls2. intros <-. unfold frobenius, tr. apply sum_swap. Qed.
Lemma mpulls2_mm_l n m lam p q k A G V Z : mpulls2 n m lam k q G (mm p (tr A) V) Z -> mpulls2 n m lam p q (mm k A G) V Z.
Proof. unfold mpulls2. now rewrite frobenius_mm_l. Qed.
Lemma mpulls2_mm_r n m lam p q k G B V Z : mpulls2 n m lam p k G (mm q V (tr B)) Z -> mpulls2 n m lam p q (mm k G B) V Z.
Proof. unfold mpulls2. now rewrite frobenius_mm_r. Qed.
Ltac pulled_up := lazymatch goal with
  | |- mpulls _ _ _ _ zeros _ _ => apply mpulls_zero
  | |- mpulls _ _ _ _ (vadd _ _) _ _ => eapply mpulls_add; pulled_up
  | |- mpulls _ _ _ _ (vsub _ _) _ _ => eapply mpulls_sub; pulled_up
  | |- mpulls _ _ _ _ (vopp _) _ _ => eapply mpulls_opp; pulled_up
  | |- mpulls _ _ ?l _ (vscal ?c _) _ _ => first [free_of l c; eapply mpulls_scal | eapply mpulls_number]; pulled_up
  | |- mpulls _ _ ?l _ (had ?c _) _ _ => first [free_of l c; eapply mpulls_had_l | eapply mpulls_had_r]; pulled_up
  | |- mpulls _ _ ?l _ (mv _ ?l _) _ _ => apply mpulls_row
  | |- mpulls _ _ ?l _ (mv _ (tr ?l) _) _ _ => apply mpulls_column
  | |- mpulls _ _ ?l _ (mv _ (hadm _ ?l) _) _ _ => apply mpulls_hadm
  | |- mpulls _ _ ?l _ (mv _ (hadm (tr _) (tr ?l)) _) _ _ => apply mpulls_hadm_tr
  | |- mpulls _ _ ?l _ (mv _ (hadm _ (tr ?l)) _) _ _ => apply mpulls_hadm_turned
  | |- mpulls _ _ _ ?k (mv ?k (diag _) _) _ _ => eapply mpulls_diag; pulled_up
  | |- mpulls _ _ ?l _ (mv _ (tr _) _) _ _ => eapply mpulls_tr; pulled_up
  | |- mpulls _ _ ?l _ (mv _ _ _) _ _ => eapply mpulls_mv; pulled_up
  | |- mpulls0 _ _ _ 0 _ => apply mpulls0_zero
  | |- mpulls0 _ _ ?l (dot _ ?u _) _ => first [free_of l u; eapply mpulls0_dot_r | eapply mpulls0_dot_l]; pulled_up
  | |- mpulls0 _ _ ?l (?c * _) _ => first [free_of l c; eapply mpulls0_mul_r | eapply mpulls0_mul_l]; pulled_up
  | |- mpulls0 _ _ _ (_ + _) _ => eapply mpulls0_add; pulled_up
  | |- mpulls0 _ _ _ (_ - _) _ => eapply mpulls0_sub; pulled_up
  | |- mpulls0 _ _ _ (- _) _ => eapply mpulls0_opp; pulled_up
  | |- mpulls2 _ _ ?l _ _ ?l _ _ => apply mpulls2_lam
  | |- mpulls2 _ _ _ _ _ mzero _ _ => apply mpulls2_zero
  | |- mpulls2 _ _ _ _ _ (madd _ _) _ _ => eapply mpulls2_add; pulled_up
  | |- mpulls2 _ _ _ _ _ (mopp _) _ _ => eapply mpulls2_opp; pulled_up
  | |- mpulls2 _ _ ?l _ _ (mscal ?c _) _ _ => first [free_of l c; eapply mpulls2_scal | eapply mpulls2_number]; pulled_up
  | |- mpulls2 _ _ _ _ _ (tr _) _ _ => eapply mpulls2_tr; pulled_up
  | |- mpulls2 _ _ _ _ _ (hadm _ _) _ _ => eapply mpulls2_hadm; pulled_up
  | |- mpulls2 _ _ ?l _ _ (outer ?u _) _ _ => first [free_of l u; eapply mpulls2_outer_r | eapply mpulls2_outer_l]; pulled_up
  | |- mpulls2 _ _ ?l _ _ (mm _ ?A _) _ _ => first [free_of l A; eapply mpulls2_mm_l | eapply mpulls2_mm_r]; pulled_up
  end.
Lemma mpulls_eq n m lam k G v Y Z : mpulls n m lam k G v Y -> agree n m Y Z -> mpulls n m lam k G v Z.
Proof. unfold mpulls. intros -> E. apply sum_ext; intros; apply sum_ext; intros; now rewrite E. Qed.
Lemma mpulls2_eq n m lam p q G V Y Z : mpulls2 n m lam p q G V Y -> agree n m Y Z -> mpulls2 n m lam p q G V Z.
Proof. unfold mpulls2. intros -> E. apply sum_ext; intros; apply sum_ext; intros; now rewrite E. Qed.
Lemma mpulls0_eq n m lam g Y Z : mpulls0 n m lam g Y -> agree n m Y Z -> mpulls0 n m lam g Z.
Proof. unfold mpulls0. intros -> E. apply sum_ext; intros; apply sum_ext; intros; now rewrite E. Qed.

(* ---- the columns of a matrix one below the other: what a matrix on them does to a matrix ---- *)
Lemma on_columns n m c : (c < m * n)%nat -> (c mod n < n)%nat /\ (c / n < m)%nat.
Proof.
  intros H. assert (n <> 0)%nat by (intros ->; lia). split; [now apply Nat.mod_upper_bound|].
  apply Nat.div_lt_upper_bound; [assumption | lia].
Qed.
Lemma along_vectorised n m X s V : along2 n m X s V -> along (m * n) (fun e => vectorised n (X e)) s (vectorised n V).
Proof. intros H c Hc. destruct (on_columns n m c Hc). now apply H. Qed.
Lemma agree_vectorised n m A B c : agree n m A B -> (c < m * n)%nat -> vectorised n A c = vectorised n B c.
Proof. intros E Hc. destruct (on_columns n m c Hc). now apply E. Qed.
Definition acts (n m p q : nat) (M W Z : mat) : Prop := takes (m * n) (q * p) M (vectorised p W) (vectorised n Z).
Lemma acts_add n m p q M N W Y Z : acts n m p q M W Y -> acts n m p q N W Z -> acts n m p q (madd M N) W (madd Y Z).
Proof. exact (takes_add (m * n) (q * p) M N (vectorised p W) (vectorised n Y) (vectorised n Z)). Qed.
Lemma acts_opp n m p q M W Z : acts n m p q M W Z -> acts n m p q (mopp M) W (mopp Z).
Proof. exact (takes_opp (m * n) (q * p) M (vectorised p W) (vectorised n Z)). Qed.
Lemma acts_scal n m p q c M W Z : acts n m p q M W Z -> acts n m p q (mscal c M) W (mscal c Z).
Proof. exact (takes_scal (m * n) (q * p) c M (vectorised p W) (vectorised n Z)). Qed.
Lemma acts_eye n m W : acts n m n m eye W W.
Proof. exact (takes_eye (m * n) (vectorised n W)). Qed.
Lemma acts_zero n m p q W : acts n m p q mzero W mzero.
Proof. exact (takes_zero (m * n) (q * p) (vectorised p W)). Qed.
Lemma acts_mm n m p q k l M N W Y Z : acts k l p q N W Y -> acts n m k l M Y Z -> acts n m p q (mm (l * k) M N) W Z.
Proof. apply takes_mm. Qed.
Lemma acts_diag n m U W : acts n m n m (diag (vectorised n U)) W (hadm U W).
Proof. exact (takes_diag_vec (m * n) n U W). Qed.
Lemma acts_kron n m p q A B W : acts n m p q (kron n p A B) W (mm q (mm p B W) (tr A)).
Proof.
  intros i Hi. unfold mv. rewrite sum_pairs.
  change (sum q (fun l => sum p (fun k => kron n p A B i (l * p + k)%nat * vectorised p W (l * p + k)%nat)) =
    sum q (fun l => sum p (fun k => B (i mod n)%nat k * W k l) * A (i / n)%nat l)).
  apply sum_ext; intros l _. rewrite Rmult_comm, <- sum_scal. apply sum_ext; intros k Hk.
  unfold kron, vectorised. rewrite !div_small, !mod_small by exact Hk. ring.
Qed.
Ltac acted := lazymatch goal with
  | |- acts _ _ _ _ (madd _ _) _ _ => eapply acts_add; acted
  | |- acts _ _ _ _ (mopp _) _ _ => eapply acts_opp; acted
  | |- acts _ _ _ _ (mscal _ _) _ _ => eapply acts_scal; acted
  | |- acts _ _ _ _ (mm _ _ _) _ _ => eapply acts_mm; acted
  | |- acts _ _ _ _ (kron _ _ _ _) _ _ => eapply acts_kron
  | |- acts _ _ _ _ (diag _) _ _ => eapply acts_diag
  | |- acts _ _ _ _ eye _ _ => eapply acts_eye
  | |- acts _ _ _ _ mzero _ _ => eapply acts_zero
  end.
(* the same on a vector: a column on the left of a Kronecker product *)
Definition raises (n m k : nat) (M : mat) (y : vec) (Z : mat) : Prop := takes (m * n) k M y (vectorised n Z).
Lemma raises_add n m k M N y Y Z : raises n m k M y Y -> raises n m k N y Z -> raises n m k (madd M N) y (madd Y Z).
Proof. exact (takes_add (m * n) k M N y (vectorised n Y) (vectorised n Z)). Qed.
Lemma raises_opp n m k M y Z : raises n m k M y Z -> raises n m k (mopp M) y (mopp Z).
Proof. exact (takes_opp (m * n) k M y (vectorised n Z)). Qed.
Lemma raises_scal n m k c M y Z : raises n m k M y Z -> raises n m k (mscal c M) y (mscal c Z).
Proof. exact (takes_scal (m * n) k c M y (vectorised n Z)). Qed.
Lemma raises_zero n m k y : raises n m k mzero y mzero.
Proof. exact (takes_zero (m * n) k y). Qed.
Lemma raises_diag n m k U M y Z : raises n m k M y Z -> raises n m k (mm (m * n) (diag (vectorised n U)) M) y (hadm U Z).
Proof. intros H. eapply takes_mm; [exact H | exact (takes_diag_vec (m * n) n U Z)]. Qed.
Lemma raises_kron n m k a B y : raises n m k (kron n k (tr (row a)) B) y (outer (mv k B y) a).
Proof.
  intros i Hi.
  change (sum k (fun j => kron n k (tr (row a)) B i j * y j) = sum k (fun j => B (i mod n)%nat j * y j) * a (i / n)%nat).
  rewrite Rmult_comm, <- sum_scal. apply sum_ext; intros j Hj. unfold kron, tr, row. rewrite (Nat.mod_small j) by exact Hj. ring.
Qed.
Lemma kron_scal p q c A B : kron p q A (mscal c B) = mscal c (kron p q A B).
Proof. extensionality i; extensionality j. unfold kron, mscal. ring. Qed.
Lemma raises_kron_diag n m a w y : raises n m n (kron n n (tr (row a)) (diag w)) y (outer (had w y) a).
Proof.
  intros i Hi. rewrite (raises_kron n m n a (diag w) y i Hi). destruct (on_columns n m i Hi) as [H _].
  unfold vectorised, outer. now rewrite (takes_diag n w y _ H).
Qed.
Ltac raised := lazymatch goal with
  | |- raises _ _ _ (madd _ _) _ _ => eapply raises_add; raised
  | |- raises _ _ _ (mopp _) _ _ => eapply raises_opp; raised
  | |- raises _ _ _ (mscal _ _) _ _ => eapply raises_scal; raised
  | |- raises _ _ _ (mm _ (diag (vectorised _ _)) _) _ _ => eapply raises_diag; raised
  | |- raises _ _ _ (kron _ _ (tr (row _)) (diag _)) _ _ => eapply raises_kron_diag
  | |- raises _ _ _ (kron _ _ (tr (row _)) (mscal _ (diag _))) _ _ => rewrite kron_scal; eapply raises_scal; raised
  | |- raises _ _ _ (kron _ _ (tr (row _)) _) _ _ => eapply raises_kron
  | |- raises _ _ _ mzero _ _ => eapply raises_zero
  end.
Lemma raises_eq n m k M y Y Z : raises n m k M y Y -> agree n m Y Z -> raises n m k M y Z.
Proof. intros H E i Hi. rewrite (H i Hi). now apply agree_vectorised with (m := m). Qed.
Lemma acts_eq n m p q M W Y Z : acts n m p q M W Y -> agree n m Y Z -> acts n m p q M W Z.
Proof. intros H E i Hi. rewrite (H i Hi). now apply agree_vectorised with (m := m). Qed.
