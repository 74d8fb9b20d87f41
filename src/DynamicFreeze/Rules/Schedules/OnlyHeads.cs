namespace ResearchFreeze.DynamicFreeze;

/// <summary>Freezes everything but heads, or but heads and embeddings, before the first step and leaves it: what a converged representation needs.</summary>
public sealed class OnlyHeads : IFreezeRule<NoState>, IScheduleRule
{
    private readonly bool keepsEmbeddings;

    /// <summary>A rule.</summary>
    /// <param name="keepsEmbeddings">Whether embeddings train too.</param>
    public OnlyHeads(bool keepsEmbeddings = false)
    {
        this.keepsEmbeddings = keepsEmbeddings;
    }

    /// <inheritdoc/>
    public string Name => keepsEmbeddings ? "embeddings-only" : "head-only";

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The model has none.</exception>
    public FreezeDecision Decide(CheckContext context, ref NoState state)
    {
        ArgumentNullException.ThrowIfNull(context);
        var decision = new FreezeDecision(context);
        if (context.Step > 0) return decision;
        if (keepsEmbeddings && !context.Units.Any(unit => unit.IsEmbedding)) throw new ArgumentException("embeddings-only: no unit of the model has embeddings.");
        if (!keepsEmbeddings && !context.Units.Any(unit => unit.IsHead)) throw new ArgumentException("head-only: no unit of the model is a head; --units block:head=PATH names one.");
        foreach (UnitView unit in context.Units)
        {
            if (!unit.IsHead && !(keepsEmbeddings && unit.IsEmbedding)) decision.Freeze(unit.Index, $"only {(keepsEmbeddings ? "embeddings and heads train" : "heads train")}");
        }
        return decision;
    }
}
