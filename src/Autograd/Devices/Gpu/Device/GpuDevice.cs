using System.Buffers;
using System.Runtime.InteropServices;
using ILGPU;
using ILGPU.Runtime;
using ILGPU.Runtime.Cuda;
using ILGPU.Runtime.OpenCL;

namespace ResearchFreeze.Autograd;

/// <summary>
/// float32 on a GPU through ILGPU: CUDA, OpenCL, or ILGPU's simulator for tests. One in-order queue of work; nothing waits for all of it but a download. Uploads of batches travel beside it.
/// Results repeat bit for bit: no atomics, and the order of every sum follows from its shape.
/// </summary>
public sealed partial class GpuDevice : Device
{
    private readonly Context context;
    private readonly Accelerator accelerator;
    private readonly AcceleratorStream stream;
    private readonly GpuLaunchers launchers;
    private readonly CuBlasProducts? cuBlas;
    private GpuStorage? scratch;
    private long taken;

    internal GpuDevice(string name, string description, Context context, Accelerator accelerator, bool hasGenericAddressSpace = true, bool useCuBlas = false, CompiledKernels? kernels = null, Precision precision = Precision.Float32)
        : base(name, description, sizeof(float))
    {
        this.context = context;
        this.accelerator = accelerator;
        Precision = precision;
        // CUDA's default stream cannot be captured, and waits for others.
        stream = accelerator is CudaAccelerator cuda ? cuda.CreateStream(StreamFlags.CU_STREAM_NON_BLOCKING) : accelerator.DefaultStream;
        if (accelerator is CudaAccelerator && CudaGraphApi.Find() is { } api) GraphDriver = new CudaGraphs(api);
        Uploads = new GpuUploads(this, accelerator, stream);
        launchers = new GpuLaunchers(this, accelerator, hasGenericAddressSpace, kernels ?? new CompiledKernels(), Kernels);
        if (useCuBlas) cuBlas = new CuBlasProducts((CudaAccelerator)accelerator, stream);
    }

    /// <inheritdoc/>
    public override bool IsSynchronous => false;

    /// <inheritdoc/>
    public override Precision Precision { get; }

    /// <summary>Which kernels have been compiled and how often each was launched.</summary>
    public KernelCounters Kernels { get; } = new();

    internal override int CompiledKernels => Kernels.Compiled;

    /// <summary>How often the host waited for all work issued so far.</summary>
    internal int WorkWaits { get; private set; }

    internal GpuUploads Uploads { get; }

    /// <summary>Bytes of device memory that are taken: by storages in use, spare ones and the device's own.</summary>
    internal long TakenBytes => Interlocked.Read(ref taken);

    /// <summary>The most bytes that may be taken, to test what happens when there are no more. A card's own limit is out of a test's reach, and PoCL's is the machine's memory.</summary>
    internal long MemoryLimit { get; set; } = long.MaxValue;

    /// <summary>
    /// An OpenCL device, as <see cref="List"/> counts them. <paramref name="allowUnsupported"/> or <c>RESEARCHFREEZE_OPENCL_UNSUPPORTED=1</c> takes one
    /// that ILGPU does not support. In another <paramref name="precision"/> than float32 a portable twin of the tensor cores' instruction computes the same: right, and slow.
    /// </summary>
    /// <exception cref="DeviceUnavailableException">There is no such device or it cannot be used; the message says why.</exception>
    public static GpuDevice OpenCl(int index = 0, bool allowUnsupported = false, Precision precision = Precision.Float32) => GpuDrivers.OpenOpenCl(index, allowUnsupported, precision);

    /// <summary>
    /// A CUDA device. <paramref name="useCuBlas"/> or <c>RESEARCHFREEZE_CUBLAS=1</c> gives single matrix products to cuBLAS (CUDA 11 or 12) in place of our kernel; <see cref="Kernels"/> does not count those. Another <paramref name="precision"/> than float32 takes tensor cores, of compute capability 8.0 or later, and no cuBLAS.
    /// </summary>
    /// <exception cref="DeviceUnavailableException">There is no such device or it cannot be used, or cuBLAS was asked for and is not there; the message says why.</exception>
    public static GpuDevice Cuda(int index = 0, bool useCuBlas = false, Precision precision = Precision.Float32) => GpuDrivers.OpenCuda(index, useCuBlas, precision);

    /// <summary>ILGPU's simulator of an NVIDIA device: runs the kernels, about a millisecond a launch. For tests.</summary>
    public static GpuDevice Simulator() => GpuDrivers.OpenSimulator();

    /// <summary>The devices that the drivers of this machine offer, CUDA first; empty where there is no driver.</summary>
    public static IReadOnlyList<GpuDeviceDescription> List(bool allowUnsupported = false) => GpuDrivers.List(allowUnsupported);

    /// <summary>Runs one kernel, so that a driver that opens but does not work is found out now.</summary>
    internal void Probe()
    {
        accelerator.Bind();
        ArrayView<float> one = Scratch(1);
        Span<float> value = [0];
        launchers.Fill(stream, PerElement(1), one, 1);
        Receive(one, value);
        if (value[0] != 1) throw new DeviceUnavailableException($"{Name}: a kernel ran and changed nothing.");
    }

    /// <inheritdoc/>
    public override void Synchronize()
    {
        accelerator.Bind();
        stream.Synchronize();
        WorkWaits++;
        Uploads.DeviceHasCaughtUp();
    }

    /// <inheritdoc/>
    protected internal override Storage Allocate(ElementKind kind, int capacity)
    {
        accelerator.Bind();
        try
        {
            // As a driver says it, so that what follows is what follows there.
            if (TakenBytes + GpuStorage.BytesOf(kind, capacity) > MemoryLimit) throw new CLException(CLError.CL_MEM_OBJECT_ALLOCATION_FAILURE);
            return new GpuStorage(this, accelerator, kind, capacity);
        }
        catch (AcceleratorException e) when (IsOutOfMemory(e))
        {
            throw new OutOfMemoryException($"{Name}: no memory for {capacity:N0} elements ({e.Message}).", e);
        }
    }

    /// <summary>A storage has taken so many bytes, or given them back if negative.</summary>
    internal void CountTaken(long bytes) => Interlocked.Add(ref taken, bytes);

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (!disposing) return;
        try
        {
            Synchronize();
            scratch?.Free();
            foreach (GpuStorage old in retired) old.Free();
            Uploads.Dispose();
            cuBlas?.Dispose();
            if (stream != accelerator.DefaultStream) stream.Dispose();
        }
        finally
        {
            // Also where the driver has failed for good and refuses all that comes before.
            accelerator.Dispose();
            context.Dispose();
        }
    }

    /// <inheritdoc/>
    protected override void UploadCore(ReadOnlySpan<float> values, TensorRange y)
    {
        if (y.Length > 0) Uploads.Send(new HostWords(values), Reals(y));
    }

    /// <inheritdoc/>
    protected override void UploadCore(ReadOnlySpan<double> values, TensorRange y)
    {
        if (y.Length > 0) Uploads.Send(new HostDoubles(values), Reals(y));
    }

    /// <inheritdoc/>
    protected override void UploadCore(ReadOnlySpan<int> values, TensorRange y)
    {
        // The same four bytes each, whatever they mean.
        if (y.Length > 0) Uploads.Send(new HostWords(MemoryMarshal.Cast<int, float>(values)), Integers(y).Cast<float>());
    }

    /// <inheritdoc/>
    protected override void DownloadCore(TensorRange x, Span<float> values)
    {
        Receive(Reals(x), values);
    }

    /// <inheritdoc/>
    protected override void DownloadCore(TensorRange x, Span<double> values)
    {
        float[] singles = ArrayPool<float>.Shared.Rent(x.Length);
        DownloadCore(x, singles.AsSpan(0, x.Length));
        for (int i = 0; i < x.Length; i++) values[i] = singles[i];
        ArrayPool<float>.Shared.Return(singles);
    }

    /// <inheritdoc/>
    protected override void DownloadCore(TensorRange x, Span<int> values)
    {
        Receive(Integers(x), values);
    }

    /// <inheritdoc/>
    protected override void CopyCore(TensorRange x, TensorRange y)
    {
        if (x.Length == 0 || x == y) return;
        if (x.Storage == y.Storage && Math.Abs((long)x.Offset - y.Offset) < x.Length) throw new ArgumentException("Copy: the ranges overlap.");
        if (x.Storage.Kind == ElementKind.Real) Copy(Reals(x), Reals(y));
        else Copy(Integers(x).Cast<float>(), Integers(y).Cast<float>());
    }

    /// <summary>
    /// Waits for the device and reads values. The target is pinned until they have arrived: ILGPU's <c>CopyToCPU</c> waits without pinning, and the
    /// collector moves arrays.
    /// </summary>
    private unsafe void Receive<T>(ArrayView<T> from, Span<T> to)
        where T : unmanaged
    {
        fixed (T* target = to)
        {
            if (to.Length > 0) from.CopyToCPUUnsafeAsync(stream, ref *target, to.Length);
            Synchronize();
        }
    }

    /// <summary>The elements of a range of reals. Binds the accelerator to this thread.</summary>
    private ArrayView<float> Reals(TensorRange range)
    {
        accelerator.Bind();
        return ((GpuStorage)range.Storage).Reals.SubView(range.Offset, range.Length);
    }

    private ArrayView<int> Integers(TensorRange range)
    {
        accelerator.Bind();
        return ((GpuStorage)range.Storage).Integers.SubView(range.Offset, range.Length);
    }

    /// <summary>Work space of a primitive, valid until the next one asks. Work is done in order, so one piece is enough.</summary>
    private ArrayView<float> Scratch(long length)
    {
        if (scratch is null || scratch.Capacity < length)
        {
            // Kernels may still be using the old piece. Happens a few times in a run, not in a steady step.
            Synchronize();
            Retire(scratch);
            scratch = null;
            scratch = (GpuStorage)AllocateApart(Math.Max(length, 1 << 16));
        }
        return scratch.Reals.SubView(0, (int)length);
    }

    private static bool IsOutOfMemory(AcceleratorException e) => e switch
    {
        // Not any message with "memory" in it: an illegal access has one too. ILGPU gives the error's name as text, the driver its own words.
        CudaException cuda => cuda.Error == nameof(CudaError.CUDA_ERROR_OUT_OF_MEMORY) || cuda.Message == "out of memory",
        CLException cl => cl.Error is CLError.CL_MEM_OBJECT_ALLOCATION_FAILURE or CLError.CL_OUT_OF_RESOURCES
            or CLError.CL_OUT_OF_HOST_MEMORY or CLError.CL_INVALID_BUFFER_SIZE,
        _ => false,
    };
}
