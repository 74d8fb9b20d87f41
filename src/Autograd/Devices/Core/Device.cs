namespace ResearchFreeze.Autograd;

/// <summary>
/// The seam between derivatives and machines: memory and about 50 primitives that know no derivatives. The public methods check and count, once for every device;
/// a device overrides the <c>…Core</c> methods. Work is issued in order; only a download waits for it.
/// </summary>
public abstract partial class Device : IDisposable
{
    /// <summary>
    /// A runtime switch (<c>AppContext</c>): with it, disposing a device whose memory is not all back throws. Tests are run with it, so a leak is a red test.
    /// </summary>
    public const string ThrowOnLeakSwitch = "ResearchFreeze.ThrowOnLeak";

    private readonly StoragePool pool;
    private bool disposed;

    /// <summary>A device of this name.</summary>
    protected Device(string name, string description, int realSize)
    {
        Name = name;
        Description = description;
        RealSize = realSize;
        pool = new StoragePool(this);
        var hold = new DeviceHold(this);
        Counters = new DeviceCounters(hold);
        Nodes = new NodePool(hold);
    }

    /// <summary>The short name used on the command line: <c>reference</c>, <c>cpu</c>, <c>opencl:0</c>, <c>cuda:0</c>.</summary>
    public string Name { get; }

    /// <summary>What the device is, for people.</summary>
    public string Description { get; }

    /// <summary>Bytes of a real element: 8 on the reference, 4 elsewhere.</summary>
    public int RealSize { get; }

    /// <summary>Bytes of an element.</summary>
    internal int SizeOf(ElementKind kind) => kind switch { ElementKind.Real => RealSize, ElementKind.Int32 => sizeof(int), _ => sizeof(ushort) };

    /// <summary>What the operands of matrix products and convolutions are rounded to.</summary>
    public virtual Precision Precision => Precision.Float32;

    /// <summary>Whether a primitive has finished when its method returns, so that reading a scalar costs nothing.</summary>
    public abstract bool IsSynchronous { get; }

    /// <summary>What the device has done and holds.</summary>
    public DeviceCounters Counters { get; }

    /// <summary>Bytes the pool keeps spare.</summary>
    public long SpareBytes => pool.SpareBytes;

    /// <summary>Receives one-line warnings (a training loop without a <see cref="Scope"/>); standard error by default.</summary>
    public Action<string> Warn { get; set; } = message => Console.Error.WriteLine($"warning: {message}");

    /// <summary>Kernels that were compiled so far: a step that needed one takes longer than all others.</summary>
    internal virtual int CompiledKernels => 0;

    internal NodePool Nodes { get; }

    /// <summary>Notes the step that is being taken, so that it can be repeated; null, as a rule: nobody does.</summary>
    internal StepRecording? Recorder { get; set; }

    /// <summary>Spare memory by size.</summary>
    internal StoragePool Spares => pool;

    internal ScopeWatch ScopeWatch { get; } = new();

    /// <summary>The operation whose forward or backward pass began last, for the message when memory runs out; null: a backward pass has ended since.</summary>
    internal (Function? Function, bool IsBackward) Running { get; set; }

    /// <summary>Memory for <paramref name="length"/> elements, holding one reference. Its content is undefined.</summary>
    /// <exception cref="OutOfMemoryException">There is none, also without the pool's spare memory; the message names the operation, the request and what is alive.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The length is negative, or more than <see cref="Shape.MaxCount"/>.</exception>
    public Storage Rent(ElementKind kind, long length, MemoryKind use)
    {
        ObjectDisposedException.ThrowIf(disposed, this);
        int elements = Checked(length);
        Storage storage = Recorder is { } recorder ? recorder.Rent(kind, elements, use) : pool.Rent(kind, elements, use);
        storage.Length = elements;
        storage.MemoryKind = use;
        storage.Version++;
        storage.Tenancy++;
        storage.AddReference();
        Counters.Rented(storage);
        return storage;
    }

    /// <summary>Gives the pool's spare memory back to the system.</summary>
    public void Trim() => pool.Trim();

    /// <summary>
    /// What a driver or its compiler threw while this device worked, as one line that names the device and the kernel; null: the exception is nothing of theirs. For a program that reports errors, because a device lets those
    /// exceptions through. Ask before the device is disposed.
    /// </summary>
    public virtual DeviceUnavailableException? FailureOf(Exception exception) => null;

    /// <summary>Where a range of real elements lies in the host's memory, for a communicator that reads and writes it in place. The memory stays where it is while somebody holds it.</summary>
    /// <param name="range">A range of this device's.</param>
    /// <param name="isWritten">Whether it will be written: what was derived from its content is then stale.</param>
    /// <exception cref="NotSupportedException">The device's memory is not the host's.</exception>
    public virtual nint HostAddress(TensorRange range, bool isWritten) => throw new NotSupportedException($"{Name}: its memory is not the host's.");

    /// <summary>Waits until all work issued so far has been done.</summary>
    public virtual void Synchronize()
    {
    }

    /// <summary>Frees the spare memory and the device. Tensors that are still alive must not be used afterwards.</summary>
    /// <exception cref="DeviceInUseException">Another thread's call has not ended; nothing has been freed.</exception>
    public void Dispose()
    {
        if (disposed) return;
        // Not while another thread works: its memory would be gone.
        using HeldCall call = Hold();
        disposed = true;
        try
        {
            Nodes.TakeLate();
            pool.Trim();
        }
        finally
        {
            Dispose(true);
            GC.SuppressFinalize(this);
        }
        if (Counters.LiveBytes != 0 && AppContext.TryGetSwitch(ThrowOnLeakSwitch, out bool throws) && throws)
            throw new InvalidOperationException($"{Name}: {Counters.LiveBytes} bytes are still alive ({Counters.SavedBytes} of them saved for a backward pass) as the device is disposed.");
    }

    /// <summary>For example <c>cpu (AVX-512, 2 threads)</c>.</summary>
    public override string ToString() => $"{Name} ({Description})";

    /// <summary>Memory for at least as many real elements that is the device's own: not counted, never spare.</summary>
    /// <exception cref="OutOfMemoryException">There is none, as for <see cref="Rent"/>.</exception>
    internal Storage AllocateApart(long length) => pool.Allocate(ElementKind.Real, Checked(length), null);

    internal void Return(Storage storage)
    {
        Counters.Returned(storage);
        storage.Returned();
        if (disposed) storage.Free();
        else if (storage.Reserve is { } reserve) reserve.Return(storage);
        else pool.Return(storage);
    }

    /// <summary>The length of a storage, counted in 64 bits by whoever multiplies extents.</summary>
    private int Checked(long length) =>
        length is >= 0 and <= Shape.MaxCount ? (int)length : throw new ArgumentOutOfRangeException(nameof(length), $"{Name}: a storage has 0 to {Shape.MaxCount} elements, {length} were asked for.");

    /// <summary>Takes memory from the system, or throws <see cref="OutOfMemoryException"/>.</summary>
    protected internal abstract Storage Allocate(ElementKind kind, int capacity);

    /// <summary>Releases what the device itself holds.</summary>
    protected virtual void Dispose(bool disposing)
    {
    }
}
