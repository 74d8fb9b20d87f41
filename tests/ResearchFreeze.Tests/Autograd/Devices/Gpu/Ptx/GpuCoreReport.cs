using System.Globalization;
using System.Text;

namespace ResearchFreeze.Tests.Autograd;

/// <summary>The loop of a disassembled kernel that has the most matrix instructions, without those inside it, and the one around it, which reads and stores the operands' slices: both ways of reading, of which a launch takes one, are counted.</summary>
internal sealed record CoreLoop(int Instructions, int Multiplied, int Loaded, int Around)
{
    public double Share => (double)(Multiplied + Loaded) / Instructions;

    public static CoreLoop? Of(string sass)
    {
        IReadOnlyList<SassInstruction>[] loops = [.. SassGraph.Parse(sass).Loops()];
        IReadOnlyList<SassInstruction>? inner = loops.MaxBy(loop => loop.Count(instruction => instruction.Is("HMMA")));
        if (inner is null || !inner.Any(instruction => instruction.Is("HMMA"))) return null;
        // A barrier and reads of global memory: what stores the sums has the first and not the second.
        IReadOnlyList<SassInstruction>? around = loops.Where(loop => loop != inner && loop.Any(instruction => instruction.Is("BAR")) && loop.Any(instruction => instruction.Is("LD"))).MaxBy(loop => loop.Count);
        return new CoreLoop(inner.Count, inner.Count(instruction => instruction.Is("HMMA")), inner.Count(instruction => instruction.Is("LDSM")), around?.Count ?? 0);
    }
}

/// <summary>A kernel of matrix instructions on an architecture, as the assembler sees it.</summary>
internal sealed record GpuCoreRow(string Kernel, CudaTarget Target, PtxasUsage Usage, CoreLoop? Loop)
{
    /// <summary>The most registers a thread may use: a group of 256 threads still fits a multiprocessor, and three of 128.</summary>
    public const int MostRegisters = 168;

    public const double LeastBFloat16 = 1.0 / 2, LeastTf32 = 1.0 / 3;

    public double Occupancy => Target.Occupancy(Usage.Registers, GpuCorePtx.SharedBytesOf(Kernel), GpuCorePtx.ThreadsOf(Kernel));

    public IEnumerable<string> Faults()
    {
        string name = $"{Kernel} on {Target.Name}";
        double least = GpuCorePtx.IsBFloat16(Kernel) ? LeastBFloat16 : LeastTf32;
        if (Usage.SpillBytes > 0) yield return $"{name}: spills {Usage.SpillBytes} bytes of registers.";
        if (Usage.StackBytes > 0) yield return $"{name}: keeps {Usage.StackBytes} bytes in local memory, and may keep none.";
        if (Usage.Registers > MostRegisters) yield return $"{name}: uses {Usage.Registers} registers, at most {MostRegisters} are allowed.";
        if (Occupancy == 0) yield return $"{name}: not one group fits a multiprocessor.";
        if (Loop is null) yield return $"{name}: no loop with a matrix instruction was found.";
        else if (Loop.Share < least) yield return FormattableString.Invariant($"{name}: {Loop.Multiplied + Loop.Loaded} of the inner loop's {Loop.Instructions} instructions are HMMA or LDSM ({Loop.Share:P1}), at least {least:P0} is required.");
    }
}

/// <summary>The table of these kernels, committed as <see cref="File"/>.</summary>
internal static class GpuCoreReport
{
    public const string File = "benchmarks/results/ptx/tensor-cores.md", Command = $"scripts/check-ptx.sh --cores {File}";

    public static string Write(string version, IEnumerable<GpuCoreRow> rows)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"""
            # The kernels of tensor cores, assembled

            By ptxas of CUDA {version}, without a card, by `{Command}`. No card has run them. Shared is bytes a group, asked for at the launch; occupancy is the share of a multiprocessor's warps that fit. The inner loop multiplies a
            slice of 16 words a line, eight at a step; the loop around it reads the next slice, rounds and stores it, and is counted with both of its ways of reading (four elements at a time, or one by one), of which a launch
            takes one. No kernel may spill, have a stack or use more than {GpuCoreRow.MostRegisters} registers, and of the inner loop's instructions half must be HMMA or LDSM for bfloat16, a third for TF32.

            | kernel | for | threads | registers | shared | spill | stack | occupancy | HMMA and LDSM in the inner loop | instructions around it |
            |---|---|--:|--:|--:|--:|--:|--:|--:|--:|

            """);
        foreach (GpuCoreRow row in rows)
        {
            string loop = row.Loop is { } found ? FormattableString.Invariant($"{found.Multiplied} + {found.Loaded} of {found.Instructions} ({100 * found.Share:0} %)") : "";
            text.Append(CultureInfo.InvariantCulture, $"| {row.Kernel} | {row.Target.Name} | {GpuCorePtx.ThreadsOf(row.Kernel)} | {row.Usage.Registers} | {GpuCorePtx.SharedBytesOf(row.Kernel)} | {row.Usage.SpillBytes} | {row.Usage.StackBytes} | {100 * row.Occupancy:0} % | {loop} | {row.Loop?.Around} |\n");
        }
        return text.ToString();
    }
}
