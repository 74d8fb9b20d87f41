using ResearchFreeze.Autograd;

namespace ResearchFreeze.DynamicFreeze;

/// <summary>Costs by unit (the last: of all together) and kind, and the bytes that each unit's calls kept for the backward pass, alone and after another unit.</summary>
internal sealed class StepCost(int units)
{
    public static readonly CostKind[] Kinds = Enum.GetValues<CostKind>();

    private readonly Cost[,] costs = new Cost[units, Kinds.Length];

    public long[] Kept { get; } = new long[units];

    public long[] Shared { get; } = new long[units];

    public ref Cost this[int unit, int kind] => ref costs[unit, kind];
}
