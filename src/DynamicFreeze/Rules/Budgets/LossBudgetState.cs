using ResearchFreeze.Layers;

namespace ResearchFreeze.DynamicFreeze;

/// <summary>What a <see cref="LossBudget"/> keeps: the counts of checks, and what the freezes that stand were expected to cost.</summary>
public sealed class LossBudgetState : IStateful
{
    /// <summary>Checks below the threshold, by unit.</summary>
    public PatienceState Patience { get; } = new();

    /// <summary>The prices of units that the rule has frozen, in the loss's unit; 0 for those that train.</summary>
    public double[] Spent { get; private set; } = [];

    /// <inheritdoc/>
    public void SaveState(StateTree state)
    {
        ArgumentNullException.ThrowIfNull(state);
        Patience.SaveState(state.Branch("patience"));
        state.Set("spent", Spent);
    }

    /// <inheritdoc/>
    public Action ReadState(StateTree state)
    {
        ArgumentNullException.ThrowIfNull(state);
        Action patience = Patience.ReadState(state.Branch("patience"));
        double[] spent = state.Reals("spent", state.Branch("patience").Int32("units"));
        if (!spent.All(price => price >= 0)) throw state.Bad("spent", "has a price that is negative or no number");
        return () =>
        {
            patience();
            Spent = spent;
        };
    }

    internal void Resize(int units)
    {
        if (Spent.Length != units) Spent = new double[units];
    }
}
