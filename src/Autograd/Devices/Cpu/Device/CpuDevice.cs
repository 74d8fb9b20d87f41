using System.Runtime.CompilerServices;

namespace ResearchFreeze.Autograd;

/// <summary>
/// float32 on the processor, with SIMD and threads of its own. A result is the same bit for bit for any number of threads at one <see cref="SimdLevel"/>:
/// rows, columns and elements are
/// shared out freely, but the parts of a sum follow from the shape alone and are added in order. A steady step allocates no managed memory.
/// </summary>
public sealed unsafe partial class CpuDevice : Device
{
    private readonly CpuThreads threads;
    private readonly CpuGemm gemm;
    private readonly CpuConvolution convolution;
    private readonly CpuAttention attention;

    // One for all primitives, of which one at a time runs.
    private readonly NativeBuffer scratch = new();

    /// <summary>A CPU device.</summary>
    /// <param name="threads">Threads including the caller's; 0 for one a processor.</param>
    /// <param name="level">The SIMD level of matrix products; null for the best there is.</param>
    /// <exception cref="DeviceUnavailableException">The processor or the runtime's switches do not offer the level.</exception>
    public CpuDevice(int threads = 0, SimdLevel? level = null)
        : base("cpu", Describe(ref threads, level), sizeof(float))
    {
        Threads = threads;
        SimdLevel = level ?? Best;
        this.threads = new CpuThreads(threads);
        (gemm, convolution, attention) = SimdLevel switch
        {
            SimdLevel.Avx512 => Products<GemmAvx512>(this.threads),
            SimdLevel.Avx2 => Products<GemmAvx2>(this.threads),
            _ => Products<GemmVector128>(this.threads),
        };
    }

    /// <summary>The widest level that this process can use.</summary>
    public static SimdLevel Best => SimdLevels.Best;

    /// <summary>Threads that work, including the caller's.</summary>
    public int Threads { get; }

    /// <summary>The level in use.</summary>
    public SimdLevel SimdLevel { get; }

    /// <inheritdoc/>
    public override bool IsSynchronous => true;

    /// <summary>The device's threads, for tests and for the machine's benchmark.</summary>
    internal CpuThreads Pool => threads;

    /// <inheritdoc/>
    public override nint HostAddress(TensorRange range, bool isWritten)
    {
        if (range.Storage is not { Kind: ElementKind.Real } storage || storage.Device != this || !range.IsInside) throw new ArgumentException($"{Name}: a range of real elements of this device was expected.", nameof(range));
        if (isWritten) storage.Version++;
        return (nint)Reals(range);
    }

    /// <inheritdoc/>
    protected internal override Storage Allocate(ElementKind kind, int capacity) => new CpuStorage(this, kind, capacity);

    /// <inheritdoc/>
    protected override void UploadCore(ReadOnlySpan<float> values, TensorRange y) => values.CopyTo(new Span<float>(Reals(y), y.Length));

    /// <inheritdoc/>
    protected override void UploadCore(ReadOnlySpan<double> values, TensorRange y)
    {
        float* to = Reals(y);
        for (int i = 0; i < values.Length; i++) to[i] = (float)values[i];
    }

    /// <inheritdoc/>
    protected override void UploadCore(ReadOnlySpan<int> values, TensorRange y) => values.CopyTo(new Span<int>(Integers(y), y.Length));

    /// <inheritdoc/>
    protected override void DownloadCore(TensorRange x, Span<float> values) => new Span<float>(Reals(x), x.Length).CopyTo(values);

    /// <inheritdoc/>
    protected override void DownloadCore(TensorRange x, Span<double> values)
    {
        float* from = Reals(x);
        for (int i = 0; i < values.Length; i++) values[i] = from[i];
    }

    /// <inheritdoc/>
    protected override void DownloadCore(TensorRange x, Span<int> values) => new Span<int>(Integers(x), x.Length).CopyTo(values);

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        threads.Dispose();
        gemm.Dispose();
        convolution.Dispose();
        attention.Dispose();
        scratch.Free();
    }

    private static (CpuGemm Gemm, CpuConvolution Convolution, CpuAttention Attention) Products<TKernel>(CpuThreads threads)
        where TKernel : struct, IGemmKernel
    {
        var gemm = new CpuGemm<TKernel>(threads);
        return (gemm, new CpuConvolution<TKernel>(threads, gemm), new CpuAttention<TKernel>(threads));
    }

    /// <summary>The address of a range's first element.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float* Reals(TensorRange range) => Unsafe.As<CpuStorage>(range.Storage).Reals + range.Offset;

    private static float* Reals(TensorRange? range) => range is { } present ? Reals(present) : null;

    private static int* Integers(TensorRange range) => Unsafe.As<CpuStorage>(range.Storage).Integers + range.Offset;

    /// <summary>Checks what was asked for before anything is made, and resolves the number of threads.</summary>
    private static string Describe(ref int threads, SimdLevel? level)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(threads);
        if (threads == 0) threads = Environment.ProcessorCount;
        SimdLevel chosen = level ?? Best;
        if (!SimdLevels.IsAvailable(chosen))
            throw new DeviceUnavailableException($"cpu: {SimdLevels.NameOf(chosen)} is not available here; the best is {SimdLevels.NameOf(Best)}.");
        return $"{SimdLevels.NameOf(chosen)}, {threads} {(threads == 1 ? "thread" : "threads")}";
    }
}
