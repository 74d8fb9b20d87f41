using System.Globalization;
using System.Text;

namespace ResearchFreeze.Tests.Autograd;

/// <summary>A kernel on an architecture, as the assembler sees it.</summary>
internal sealed record GpuPtxRow(string Kernel, CudaTarget Target, int Threads, PtxasUsage Usage, SassLoop? Loop)
{
    /// <summary>The most registers a thread may use: with 256 threads a group, two groups still share a multiprocessor.</summary>
    public const int MostRegisters = 128;

    /// <summary>The least share of FFMA in a product's inner loop.</summary>
    public const double LeastFfma = 0.75;

    public double Occupancy => Target.Occupancy(Usage.Registers, Usage.SharedBytes, Threads);

    /// <summary>A product of tiles.</summary>
    public static bool IsProduct(string kernel) => kernel.StartsWith("ProductKernels.", StringComparison.Ordinal);

    /// <summary>A product or a convolution of any kind: its results must stay in registers.</summary>
    public static bool MultipliesAndAdds(string kernel) => IsProduct(kernel) || kernel.StartsWith("ConvolutionKernels.", StringComparison.Ordinal);

    /// <summary>What is wrong with it, a line each.</summary>
    public IEnumerable<string> Faults()
    {
        string name = $"{Kernel} on {Target.Name}";
        if (Usage.SpillBytes > 0) yield return $"{name}: spills {Usage.SpillBytes} bytes of registers.";
        if (Usage.StackBytes > 0 && MultipliesAndAdds(Kernel)) yield return $"{name}: keeps {Usage.StackBytes} bytes in local memory; a product or convolution may keep none.";
        if (Usage.Registers > MostRegisters) yield return $"{name}: uses {Usage.Registers} registers, at most {MostRegisters} are allowed.";
        if (Occupancy == 0) yield return $"{name}: not one group of {Threads} threads fits a multiprocessor.";
        if (!IsProduct(Kernel)) yield break;
        if (Loop is null) yield return $"{name}: no loop with an FFMA was found.";
        else
        {
            if (Loop.FfmaShare < LeastFfma) yield return FormattableString.Invariant($"{name}: {Loop.Ffma} of the inner loop's {Loop.Instructions} instructions are FFMA ({Loop.FfmaShare:P1}), at least {LeastFfma:P0} is required.");
            foreach (int width in Loop.SharedWidths.Where(width => width < 64)) yield return $"{name}: the inner loop loads {width} bits at a time from shared memory, at least 64 are required.";
        }
    }
}

/// <summary>The table of all kernels, committed as <see cref="File"/>.</summary>
internal static class GpuPtxReport
{
    public const string File = "benchmarks/results/ptx/registers.md", Command = $"scripts/check-ptx.sh {File}";

    public static string Write(string version, IEnumerable<GpuPtxRow> rows)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"""
            # Registers, shared memory and occupancy of every kernel

            Assembled by ptxas of CUDA {version}, without a card, by `{Command}`. Threads are those of a group (the most, where it depends on the shape); shared and stack are bytes a group and a thread;
            occupancy is the share of a multiprocessor's warps that fit by registers, shared memory and group size, not a measurement. For products and convolutions, the inner loop's FFMA of all its instructions
            and the widths of its loads from shared memory in bits. No kernel may spill or use more than {GpuPtxRow.MostRegisters} registers, no product or convolution may have a stack, and a tiled product
            must have {100 * GpuPtxRow.LeastFfma:0} % FFMA and loads of at least 64 bits.

            | kernel | for | threads | registers | shared | stack | occupancy | FFMA in the inner loop | shared loads |
            |---|---|--:|--:|--:|--:|--:|--:|--:|

            """);
        foreach (GpuPtxRow row in rows)
        {
            string ffma = row.Loop is { } loop ? FormattableString.Invariant($"{loop.Ffma} of {loop.Instructions} ({100 * loop.FfmaShare:0.0} %)") : "", widths = string.Join(", ", row.Loop?.SharedWidths ?? []);
            text.Append(CultureInfo.InvariantCulture, $"| {row.Kernel} | {row.Target.Name} | {row.Threads} | {row.Usage.Registers} | {row.Usage.SharedBytes} | {row.Usage.StackBytes} | {100 * row.Occupancy:0} % | {ffma} | {widths} |\n");
        }
        return text.ToString();
    }

    /// <summary>How the kernels of a table differ from those that there are, in one line; null: not at all.</summary>
    public static string? Difference(string table, IEnumerable<string> kernels)
    {
        var named = table.Split('\n').Where(line => line.StartsWith("| ", StringComparison.Ordinal)).Select(line => line.Split('|')[1].Trim()).Skip(1).ToHashSet();
        string[] missing = [.. kernels.Where(kernel => !named.Remove(kernel)).Distinct()], gone = [.. named];
        if (missing.Length + gone.Length == 0) return null;
        return $"{File} lacks [{string.Join(", ", missing)}] and still names [{string.Join(", ", gone)}]: run {Command}";
    }
}
