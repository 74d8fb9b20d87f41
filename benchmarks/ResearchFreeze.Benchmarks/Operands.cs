using ResearchFreeze.Autograd;

namespace ResearchFreeze.Benchmarks;

/// <summary>What a case works on: seeded random tensors on one device, and whatever else lives as long as they do.</summary>
internal sealed class Operands(Device device) : IDisposable
{
    // To draw millions of values would take longer than to time what reads them: a block of 2¹⁶ repeats.
    private const int Block = 1 << 16;

    private readonly RandomStream random = new(1, "operands");
    private readonly Stack<IDisposable> owned = new();

    public Device Device => device;

    /// <summary>Standard normal values, other ones at each call.</summary>
    public Tensor Normal(Shape shape)
    {
        var values = new float[shape.Count];
        for (int i = 0; i < values.Length; i++) values[i] = i < Block ? (float)random.NextNormal() : values[i - Block];
        return Own(Tensor.From(device, values, shape));
    }

    /// <summary>The elements of <see cref="Normal(Shape)"/>.</summary>
    public TensorRange Normal(int count) => Normal([count]).Range;

    /// <summary>One value everywhere.</summary>
    public TensorRange Full(int count, double value) => Own(Tensor.Full(device, [count], value)).Range;

    /// <summary>Undefined memory.</summary>
    public TensorRange Empty(int count) => Own(Tensor.Empty(device, [count])).Range;

    /// <summary>Integers in [0, classes).</summary>
    public TensorRange Labels(int count, int classes)
    {
        var values = new int[count];
        for (int i = 0; i < values.Length; i++) values[i] = random.NextInt32(classes);
        return Own(IntTensor.From(device, values)).Range;
    }

    /// <summary>Disposes it with the operands. Returns it.</summary>
    public T Own<T>(T value)
        where T : IDisposable
    {
        owned.Push(value);
        return value;
    }

    public void Dispose()
    {
        while (owned.TryPop(out IDisposable? value)) value.Dispose();
    }
}
