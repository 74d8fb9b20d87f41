namespace ResearchFreeze.Evaluation;

/// <summary>What a comparison found about a method.</summary>
/// <param name="Series">Its runs.</param>
/// <param name="Operations">Its operations as a part of full training's, seed by seed; null: no seed has both.</param>
/// <param name="SavedSeconds">The part of full training's seconds that it did not take, seed by seed; null: no seed has both.</param>
/// <param name="Compute">Its equivalent compute ratio; null: no seed has the method and all lengths of full training.</param>
public sealed record ComparedMethod(ComparedSeries Series, PairedDifference? Operations, PairedDifference? SavedSeconds, EquivalentCompute? Compute);
