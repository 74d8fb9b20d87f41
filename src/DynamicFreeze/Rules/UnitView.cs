using ResearchFreeze.Autograd;

namespace ResearchFreeze.DynamicFreeze;

/// <summary>One unit at a check.</summary>
/// <param name="Index">From 0 at the input.</param>
/// <param name="Path">The block's path.</param>
/// <param name="History">Its observations.</param>
/// <param name="Score">The criterion's score; NaN: no opinion.</param>
/// <param name="Explanation">The numbers behind the score.</param>
/// <param name="IsFrozen">Whether it is frozen.</param>
/// <param name="Age">Steps since it was last observed.</param>
/// <param name="Thaws">How often it was thawed so far.</param>
/// <param name="IsHead">Whether it is a head, which is never frozen. There need not be one, and it need not be the last unit.</param>
/// <param name="StepCost">What a full training step of this unit costs, by kind.</param>
public sealed record UnitView(
    int Index, string Path, UnitHistory History, double Score, string Explanation, bool IsFrozen, int Age, int Thaws, bool IsHead, Func<CostKind, Cost> StepCost)
{
    /// <summary>A sentence about the unit under a limit of its score, with the numbers behind it: for a decision's reason.</summary>
    public Func<double, string> Conclude { get; init; } = limit => FormattableString.Invariant($"{Explanation}, limit {limit:G3}");

    /// <summary>What freezing it now is expected to cost, in the loss's unit (<see cref="ICriterion.Price"/>); NaN: not known.</summary>
    public double Price { get; init; } = double.NaN;

    /// <summary>Whether it has what turns tokens, places or patches into vectors (<see cref="FreezeUnit.IsEmbedding"/>).</summary>
    public bool IsEmbedding { get; init; }

    /// <summary>Whether the user keeps it as it is: decisions about it have no effect.</summary>
    public bool IsPinned { get; init; }

    /// <summary>Whether a residual sum leads around its branches, so that they can be cut.</summary>
    public bool CanCut { get; init; }

    /// <summary>In what part of the steps its branches are cut.</summary>
    public double CutRate { get; init; }

    /// <summary>Steps for which it has been frozen; 0: it trains.</summary>
    public int FrozenFor { get; init; }

    /// <summary>Bytes that its calls keep for the backward pass in a full step; 0: not known.</summary>
    public long KeptBytes { get; init; }

    /// <summary>Bytes that its calls keep and that are counted with a unit in front of it, whose calls keep them too: its inputs, as a rule.</summary>
    public long SharedBytes { get; init; }

    /// <summary>Bytes of gradients and optimizer state that it takes while it trains.</summary>
    public long TrainingBytes { get; init; }

    /// <summary>What the last probe found; null: none was made.</summary>
    public ProbeReading? Probe { get; init; }

    /// <summary>The shapes of its parameters, for rules that decide about parts of them.</summary>
    public IReadOnlyList<Shape> Shapes { get; init; } = [];

    /// <summary>Reads the values of one of the unit's parameters, by its place in <see cref="Shapes"/>. Waits for the device: for rules that decide once, before the first step.</summary>
    public Func<int, float[]> Values { get; init; } = _ => [];

    /// <summary>Reads what a statistic keeps for one of the unit's parameters, by the statistic's key, the parameter's place and the state's name; null: nothing. Waits for the device: for rules that decide about single scalars, which cannot do without.</summary>
    public Func<string, int, string, float[]?> State { get; init; } = (_, _, _) => null;
}
