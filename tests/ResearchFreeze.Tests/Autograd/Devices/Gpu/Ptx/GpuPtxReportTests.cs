namespace ResearchFreeze.Tests.Autograd;

/// <summary>That the check of the assembled kernels finds what it is there for, on reports and disassemblies written down here.</summary>
public sealed class GpuPtxReportTests
{
    /// <summary>Also where nothing is assembled: a kernel that has come or gone since then shows.</summary>
    [Fact]
    public void TheCommittedTableHasEveryKernel() => Assert.Null(GpuPtxAssemblyTests.Difference());

    private const string Report = """
        ptxas info    : 0 bytes gmem
        ptxas info    : Compiling entry function 'Kernel_Gemm' for 'sm_80'
        ptxas info    : Function properties for Kernel_Gemm
            8 bytes stack frame, 4 bytes spill stores, 12 bytes spill loads
        ptxas info    : Used 33 registers, 4224 bytes smem, 480 bytes cmem[0], 8 bytes cmem[2]
        """;

    // As nvdisasm -c prints it: a loop over slices, in it a loop of 7 FFMA, a load, an addition and a jump; one of its blocks was moved behind the outer loop.
    private const string Product = """
        	.section	.text.Sample,"ax",@progbits
        Sample:
        .text.Sample:
                /*0000*/                   MOV R1, c[0x0][0x28] ;
        .L_x_6:
                /*0010*/                   STS [R5.X16], R26 ;
                /*0020*/                   BAR.SYNC 0x0 ;
                /*0030*/               @P1 BRA `(.L_x_1) ;
                /*0040*/                   FFMA R27, R8, R8.reuse, R27 ;
        .L_x_2:
                /*0050*/                   LDS.128 R8, [R7] ;
                /*0060*/                   IADD3 R4, R4, -0x4, RZ ;
                /*0070*/                   FFMA R27, R8, R8.reuse, R27 ;
                /*0080*/                   FFMA R24, R9, R8.reuse, R24 ;
                /*0090*/                   FFMA R25, R10.reuse, R8.reuse, R25 ;
                /*00a0*/                   FFMA.FTZ R3, R11, R8.reuse, R3 ;
                /*00b0*/              @!P2 BRA `(.L_x_9) ;
        .L_x_8:
                /*00c0*/                   FFMA R2, R9, R8.reuse, R2 ;
                /*00d0*/                   FFMA R0, R10, R8.reuse, R0 ;
                /*00e0*/               @P3 BRA `(.L_x_2) ;
        .L_x_1:
                /*00f0*/                   BAR.SYNC 0x0 ;
                /*0100*/               @P1 BRA `(.L_x_6) ;
                /*0110*/                   EXIT ;
        .L_x_9:
                /*0120*/                   FFMA R20, R11, R8, R20 ;
                /*0130*/                   BRA `(.L_x_8) ;
        .L_x_7:
                /*0140*/                   BRA `(.L_x_7);
                /*0150*/                   NOP;
        """;

    private static readonly PtxasUsage Light = new(32, 0, 0, 0);

    [Fact]
    public void AReportIsRead()
    {
        Assert.Equal(new PtxasUsage(33, 4224, 8, 16), PtxasUsage.Parse(Report));
        Assert.Throws<FormatException>(() => PtxasUsage.Parse("ptxas info    : 0 bytes gmem"));
    }

    [Fact]
    public void TheInnerLoopIsFoundWithTheCodeThatWasMovedOutOfIt()
    {
        SassLoop loop = SassLoop.Innermost(Product)!;
        Assert.Equal((12, 7), (loop.Instructions, loop.Ffma));
        Assert.Equal([128], loop.SharedWidths);
    }

    [Fact]
    public void WithoutALoopThatMultipliesThereIsNone()
    {
        Assert.Null(SassLoop.Innermost(Product.Replace("FFMA", "FMUL", StringComparison.Ordinal)));
        Assert.Null(SassLoop.Innermost("        /*0000*/                   FFMA R20, R11, R8, R20 ;\n        /*0010*/                   EXIT ;"));
        Assert.Throws<FormatException>(() => SassLoop.Innermost(""));
        Assert.Throws<FormatException>(() => SassLoop.Innermost("        /*0000*/                   BRX R2 -0x10 ;"));
    }

    [Theory]
    [InlineData(64, 75, "128", null)]
    [InlineData(75, 100, "64,128", null)]
    [InlineData(74, 100, "128", "ProductKernels.Large on sm_80: 74 of the inner loop's 100 instructions are FFMA (74.0 %), at least 75 % is required.")]
    [InlineData(90, 100, "32,128", "ProductKernels.Large on sm_80: the inner loop loads 32 bits at a time from shared memory, at least 64 are required.")]
    public void AProductIsHeldToItsInnerLoop(int ffma, int instructions, string widths, string? fault)
    {
        var loop = new SassLoop(instructions, ffma, [.. widths.Split(',').Select(int.Parse)]);
        Assert.Equal(fault is null ? [] : [fault], Row("ProductKernels.Large", Light, loop).Faults());
        Assert.Empty(Row("ConvolutionKernels.Forward", Light, loop).Faults());
    }

    [Fact]
    public void ScalarLoadsFromSharedMemoryAreSeen()
    {
        Assert.Equal([32, 64], SassLoop.Innermost(Product.Replace("LDS.128 R8, [R7] ;", "LDS R8, [R7] ;\n        /*0058*/                   LDS.U.64 R8, [R7] ;", StringComparison.Ordinal))!.SharedWidths);
    }

    [Fact]
    public void SpillsLocalMemoryAndRegistersAreFaults()
    {
        Assert.Empty(Row("StepKernels.Sgd", Light, null).Faults());
        Assert.Contains("spills 16 bytes", Assert.Single(Row("StepKernels.Sgd", PtxasUsage.Parse(Report), null).Faults()));
        Assert.Contains("8 bytes in local memory", Assert.Single(Row("ConvolutionKernels.Forward", Light with { StackBytes = 8 }, null).Faults()));
        Assert.Empty(Row("ViewKernels.CopyBox", Light with { StackBytes = 8 }, null).Faults());
        Assert.Empty(Row("StepKernels.Sgd", Light with { Registers = 128 }, null).Faults());
        Assert.Contains("129 registers", Assert.Single(Row("StepKernels.Sgd", Light with { Registers = 129 }, null).Faults()));
        Assert.Contains("no loop with an FFMA", Assert.Single(Row("ProductKernels.Large", Light, null).Faults()));
        Assert.Contains("not one group of 256 threads", Assert.Single(Row("StepKernels.Sgd", Light with { SharedBytes = 200 << 10 }, null).Faults()));
    }

    [Theory]
    [InlineData(0, 32, 0, 256, 1.0)]                  // 2048 threads of 32 registers are all there are
    [InlineData(0, 33, 4224, 256, 0.75)]              // 1280 registers a warp: 51 warps, in fours 48
    [InlineData(0, 128, 33792, 256, 0.25)]            // 4096 a warp: 16 warps
    [InlineData(0, 255, 0, 256, 0.125)]               // 8192 a warp: 8 warps
    [InlineData(0, 16, 48 << 10, 256, 0.375)]         // 49 KiB with the reserve: 3 groups of 164 KiB
    [InlineData(1, 16, 48 << 10, 256, 0.5)]           // 4 groups of 228 KiB
    [InlineData(0, 16, 0, 32, 0.5)]                   // 32 groups of one warp
    public void OccupancyIsThatOfTheCalculator(int target, int registers, int shared, int threads, double expected)
    {
        Assert.Equal(expected, CudaTarget.All[target].Occupancy(registers, shared, threads));
    }

    [Fact]
    public void ATableNamesWhatItLacksAndWhatIsGone()
    {
        string table = GpuPtxReport.Write("release 11.8", [Row("StepKernels.Sgd", Light, null), Row("ProductKernels.Large", Light, new SassLoop(100, 80, [128]))]);
        Assert.Contains("\n| ProductKernels.Large | sm_80 | 256 | 32 | 0 | 0 | 100 % | 80 of 100 (80.0 %) | 128 |\n", table);
        Assert.Null(GpuPtxReport.Difference(table, ["ProductKernels.Large", "StepKernels.Sgd"]));
        Assert.Equal(
            "benchmarks/results/ptx/registers.md lacks [StepKernels.Adam] and still names [StepKernels.Sgd]: run scripts/check-ptx.sh benchmarks/results/ptx/registers.md",
            GpuPtxReport.Difference(table, ["ProductKernels.Large", "StepKernels.Adam"]));
    }

    private static GpuPtxRow Row(string kernel, PtxasUsage usage, SassLoop? loop) => new(kernel, CudaTarget.All[0], 256, usage, loop);
}
