using System.Runtime.InteropServices;
using ResearchFreeze.Autograd;

namespace ResearchFreeze.DynamicFreeze;

/// <summary>What full steps cost, and what the run has, on the first rank: each rank has counted its own part of the batches, by a clock of its own, and rules must be shown the same everywhere.</summary>
internal sealed class SharedCosts
{
    private const int Numbers = 4;      // launches, operations, bytes, seconds
    private readonly long[] values;

    private SharedCosts(long[] values, RunSpending spent) => (this.values, Spent) = (values, spent);

    /// <summary>What the run has cost.</summary>
    public RunSpending Spent { get; }

    private static int Width => (StepCost.Kinds.Length * Numbers) + 2;

    /// <summary>All ranks call it, and get what the first one has.</summary>
    public static SharedCosts Exchange(ICommunicator communicator, FreezeLedger ledger, int units, RunSpending spent)
    {
        var mine = new long[(units * Width) + 6];
        for (int unit = 0; unit < units; unit++)
        {
            Span<long> row = mine.AsSpan(unit * Width, Width);
            foreach (CostKind kind in StepCost.Kinds)
            {
                Cost cost = ledger.FullStep(unit, kind);
                int at = (int)kind * Numbers;
                (row[at], row[at + 1], row[at + 2], row[at + 3]) = (cost.Launches, cost.Flops, cost.Bytes, BitConverter.DoubleToInt64Bits(cost.BoundSeconds));
            }
            (row[^2], row[^1]) = (ledger.FullStepKept(unit), ledger.FullStepShared(unit));
        }
        double[] run = [spent.Steps, spent.Flops, spent.FullFlops, spent.Seconds, spent.FullSeconds, spent.FullStepSeconds];
        for (int i = 0; i < run.Length; i++) mine[(units * Width) + i] = BitConverter.DoubleToInt64Bits(run[i]);
        var all = new long[mine.Length * communicator.Size];
        communicator.AllGather(MemoryMarshal.AsBytes(mine.AsSpan()), MemoryMarshal.AsBytes(all.AsSpan()));
        double[] first = [.. all.AsSpan(units * Width, run.Length).ToArray().Select(BitConverter.Int64BitsToDouble)];
        return new SharedCosts(all, new RunSpending((int)first[0], first[1], first[2], first[3], first[4], first[5]));
    }

    /// <summary>A full step of one unit.</summary>
    public Cost FullStep(int unit, CostKind kind)
    {
        int at = (unit * Width) + ((int)kind * Numbers);
        return new Cost(values[at], values[at + 1], values[at + 2], BitConverter.Int64BitsToDouble(values[at + 3]));
    }

    public long FullStepKept(int unit) => values[((unit + 1) * Width) - 2];

    public long FullStepShared(int unit) => values[((unit + 1) * Width) - 1];
}
