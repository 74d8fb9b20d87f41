namespace ResearchFreeze.Plots;

/// <summary>The unit in which operations are short numbers.</summary>
internal static class OperationUnit
{
    private static readonly (double Size, string Name)[] Units = [(1e18, "EFLOP"), (1e15, "PFLOP"), (1e12, "TFLOP"), (1e9, "GFLOP"), (1e6, "MFLOP"), (1e3, "kFLOP"), (1, "FLOP")];

    /// <summary>The unit for numbers up to this.</summary>
    public static (double Size, string Name) Of(double most) => Units.FirstOrDefault(unit => most >= unit.Size, Units[^1]);
}
