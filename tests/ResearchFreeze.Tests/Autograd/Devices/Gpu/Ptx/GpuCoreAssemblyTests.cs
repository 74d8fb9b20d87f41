using System.Collections.Concurrent;

namespace ResearchFreeze.Tests.Autograd;

/// <summary>
/// The kernels of matrix instructions through NVIDIA's own assembler, where there is one: a few, or in the long form (<c>scripts/check-ptx.sh --cores</c>) all. RESEARCHFREEZE_CORE_TABLE names a file for the table.
/// </summary>
public sealed class GpuCoreAssemblyTests
{
    [Fact]
    public void TheyFitTheCard()
    {
        string? bin = Environment.GetEnvironmentVariable(Ptxas.Variable);
        if (string.IsNullOrEmpty(bin)) Assert.Skip($"{Ptxas.Variable} names no folder with ptxas: scripts/check-ptx.sh finds one");
        var tools = new Ptxas(bin);
        var rows = new ConcurrentBag<GpuCoreRow>();
        var faults = new ConcurrentBag<string>();
        string work = Directory.CreateTempSubdirectory("ptx").FullName;
        (string Kernel, CudaTarget Target)[] asked = [.. from kernel in TestDevices.IsLong ? GpuCorePtx.Kernels.Keys : GpuCorePtx.Some from target in CudaTarget.All select (kernel, target)];
        Parallel.ForEach(asked, new ParallelOptions { MaxDegreeOfParallelism = 2 }, item =>
        {
            string file = Path.Combine(work, $"{item.Kernel}.{item.Target.Name}");
            try
            {
                PtxasUsage usage = tools.Assemble(GpuCorePtx.Compile(item.Kernel, item.Target), item.Target, file);
                rows.Add(new GpuCoreRow(item.Kernel, item.Target, usage, CoreLoop.Of(tools.Disassemble(file))));
            }
            catch (Exception e) when (e is InvalidOperationException or FormatException)
            {
                faults.Add($"{item.Kernel} on {item.Target.Name}: {e.Message}");
            }
        });
        Directory.Delete(work, recursive: true);
        GpuCoreRow[] all = [.. rows.OrderBy(row => row.Kernel, StringComparer.Ordinal).ThenBy(row => row.Target.Name, StringComparer.Ordinal)];
        if (Environment.GetEnvironmentVariable("RESEARCHFREEZE_CORE_TABLE") is { Length: > 0 } path) File.WriteAllText(path, GpuCoreReport.Write(tools.Version(), all));
        Assert.Empty(faults.Concat(all.SelectMany(row => row.Faults())).Order(StringComparer.Ordinal));
        Assert.Equal(asked.Length, all.Length);
    }

    /// <summary>Also where nothing is assembled: a kernel that has come or gone since then shows, and so does a committed row that breaks the rules.</summary>
    [Fact]
    public void TheCommittedTableHasEveryKernel()
    {
        string[] lines = [.. File.ReadLines(Path.Combine(GpuPtxAssemblyTests.Root(), GpuCoreReport.File)).Where(line => line.StartsWith("| CoreKernels.", StringComparison.Ordinal))];
        Assert.Equal((from kernel in GpuCorePtx.Kernels.Keys from target in CudaTarget.All select $"{kernel} {target.Name}").Order(StringComparer.Ordinal), lines.Select(line => line.Split('|')).Select(cells => $"{cells[1].Trim()} {cells[2].Trim()}").Order(StringComparer.Ordinal));
        Assert.All(lines.Select(line => line.Split('|')), cells => Assert.Equal(("0", "0"), (cells[6].Trim(), cells[7].Trim())));
    }

    /// <summary>Without an assembler: no function of .NET is left, nothing is approximated, no register goes through local memory, and there is one declaration of the registers, before they are used.</summary>
    [Fact]
    public void TheirPtxIsExact()
    {
        foreach (string kernel in GpuCorePtx.Some)
        {
            string ptx = GpuCorePtx.Compile(kernel, CudaTarget.All[0]);
            foreach (string forbidden in (string[])["ex2.approx", "lg2.approx", "tanh.approx", "rcp.approx", "div.approx", "div.full", ".extern .func", "atom.", "red.global", ".f64", ".local", "call"])
                Assert.False(ptx.Contains(forbidden, StringComparison.Ordinal), $"{kernel} contains {forbidden}.");
            Assert.Equal(2, ptx.Split(".reg .f32 rfc<64>").Length);
            Assert.True(ptx.IndexOf(".reg .f32 rfc<64>", StringComparison.Ordinal) < ptx.IndexOf("rfc0", StringComparison.Ordinal), kernel);
            Assert.Contains(".extern .shared", ptx);
            Assert.Contains("__dyn_shared_alloca[]", ptx);
            Assert.DoesNotContain(".shared .align 4 .b8 shared", ptx);
        }
    }

    [Fact]
    public void AKernelIsHeldToItsInnerLoop()
    {
        string name = GpuCorePtx.Kernels.Keys.First(GpuCorePtx.IsBFloat16), other = GpuCorePtx.Kernels.Keys.First(kernel => !GpuCorePtx.IsBFloat16(kernel));
        Assert.Empty(Row(name, new(100, 0, 0, 0), new CoreLoop(40, 14, 6, 0)).Faults());
        Assert.Contains("19 of the inner loop's 40", Assert.Single(Row(name, new(100, 0, 0, 0), new CoreLoop(40, 14, 5, 0)).Faults()));
        Assert.Empty(Row(other, new(100, 0, 0, 0), new CoreLoop(40, 14, 0, 0)).Faults());
        Assert.Single(Row(other, new(100, 0, 0, 0), new CoreLoop(40, 12, 1, 0)).Faults());
        Assert.Equal(4, Row(name, new(169, 0, 8, 4), null).Faults().Count());

        static GpuCoreRow Row(string kernel, PtxasUsage usage, CoreLoop? loop) => new(kernel, CudaTarget.All[0], usage, loop);
    }
}
