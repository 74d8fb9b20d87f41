using ResearchFreeze.Autograd;

namespace ResearchFreeze.DynamicFreeze;

/// <summary>Costs by unit (0: none) and kind, and the bytes that each unit's calls kept for the backward pass.</summary>
internal sealed class StepCost(int units)
{
    private readonly Cost[,] costs = new Cost[units, FreezeLedger.Training.Length];

    public long[] Kept { get; } = new long[units];

    public ref Cost this[int unit, int kind] => ref costs[unit, kind];
}
