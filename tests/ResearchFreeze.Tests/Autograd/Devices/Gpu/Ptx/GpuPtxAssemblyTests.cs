using System.Collections.Concurrent;

namespace ResearchFreeze.Tests.Autograd;

/// <summary>
/// Every kernel through NVIDIA's own assembler, where there is one: <c>scripts/check-ptx.sh</c> finds it and runs this. RESEARCHFREEZE_PTX_TABLE names a file for the table.
/// </summary>
public sealed class GpuPtxAssemblyTests
{
    // In its own processes and most of them short: as many at a time as CI has cores.
    private static readonly ParallelOptions TwoAtATime = new() { MaxDegreeOfParallelism = 2 };

    [Fact]
    public void EveryKernelFitsTheCard()
    {
        string? bin = Environment.GetEnvironmentVariable(Ptxas.Variable);
        if (string.IsNullOrEmpty(bin)) Assert.Skip($"{Ptxas.Variable} names no folder with ptxas: scripts/check-ptx.sh finds one");
        var tools = new Ptxas(bin);
        var rows = new ConcurrentBag<GpuPtxRow>();
        var faults = new ConcurrentBag<string>();
        string work = Directory.CreateTempSubdirectory("ptx").FullName;
        foreach (CudaTarget target in CudaTarget.All)
        {
            Parallel.ForEach(GpuPtx.AssemblyFor(target), TwoAtATime, kernel =>
            {
                string file = Path.Combine(work, $"{kernel.Key}.{target.Name}");
                try
                {
                    PtxasUsage usage = tools.Assemble(kernel.Value, target, file);
                    SassLoop? loop = GpuPtxRow.MultipliesAndAdds(kernel.Key) ? SassLoop.Innermost(tools.Disassemble(file)) : null;
                    rows.Add(new GpuPtxRow(kernel.Key, target, GpuPtx.ThreadsOf(kernel.Key), usage, loop));
                }
                catch (Exception e) when (e is InvalidOperationException or FormatException)
                {
                    faults.Add($"{kernel.Key} on {target.Name}: {e.Message}");
                }
            });
        }
        Directory.Delete(work, recursive: true);
        GpuPtxRow[] all = [.. rows.OrderBy(row => row.Kernel, StringComparer.Ordinal).ThenBy(row => row.Target.Name, StringComparer.Ordinal)];
        // Written before it is compared: this is also how the committed table is made.
        if (Environment.GetEnvironmentVariable("RESEARCHFREEZE_PTX_TABLE") is { Length: > 0 } path)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
            File.WriteAllText(path, GpuPtxReport.Write(tools.Version(), all));
        }
        string? difference = Difference();
        Assert.Empty(faults.Concat(all.SelectMany(row => row.Faults())).Concat(difference is null ? [] : [difference]).Order(StringComparer.Ordinal));
    }

    /// <summary>Where the committed table names other kernels than there are; null where it does not.</summary>
    internal static string? Difference()
    {
        string committed = Path.Combine(Root(), GpuPtxReport.File);
        return GpuPtxReport.Difference(File.Exists(committed) ? File.ReadAllText(committed) : "", GpuPtx.Kernels.Keys);
    }

    internal static string Root()
    {
        DirectoryInfo at = new(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(at.FullName, "ResearchFreeze.sln"))) at = at.Parent ?? throw new InvalidOperationException("the tests do not run below ResearchFreeze.sln.");
        return at.FullName;
    }
}
