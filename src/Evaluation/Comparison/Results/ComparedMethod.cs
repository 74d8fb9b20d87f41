namespace ResearchFreeze.Evaluation;

/// <summary>What a comparison found about a method.</summary>
/// <param name="Series">Its runs.</param>
/// <param name="Operations">Its operations as a part of full training's, seed by seed; null: no seed has both.</param>
/// <param name="SavedSeconds">The part of full training's seconds that it did not take, seed by seed; null: no seed has both.</param>
/// <param name="Compute">Its equivalent compute ratio by the loss; null: no seed has the method and all lengths of full training.</param>
/// <param name="PrimaryCompute">The same by the primary metric; null: that is the loss, or there is none.</param>
public sealed record ComparedMethod(ComparedSeries Series, PairedDifference? Operations, PairedDifference? SavedSeconds, EquivalentCompute? Compute, EquivalentCompute? PrimaryCompute);
