(* ==== rates where the recurrence transposes a matrix ==== *)
Lemma own_mm_scaled n p U W c : own_entries n (mm p U (mm n W (diag c))) (had c (mv p (hadm U (tr W)) ones)).
Proof.
  intros q Hq. unfold had, mv, mm at 1. rewrite <- sum_scal. apply sum_ext; intros k _. unfold hadm, tr, ones.
  unfold mm, diag. rewrite (sum_ext n _ (fun l => delta q l * (W k l * c l))); [rewrite sum_delta by exact Hq; ring|].
  intros l _. unfold delta. rewrite (Nat.eqb_sym l q). ring.
Qed.
Ltac own_scaled := lazymatch goal with
  | |- own_entries _ (madd _ _) _ => eapply own_madd; own_scaled
  | |- own_entries _ (mopp _) _ => eapply own_mopp; own_scaled
  | |- own_entries _ (mscal _ _) _ => eapply own_mscal; own_scaled
  | |- own_entries ?n (mm ?n (diag _) _) _ => eapply own_diag_mm; own_scaled
  | |- own_entries ?n (mm _ _ (mm ?n _ (diag _))) _ => apply own_mm_scaled
  | |- _ => own_taken
  end.
Ltac own_written ::= eapply own_eq; [own_scaled | intros ? ?; cbv beta; close_over].
