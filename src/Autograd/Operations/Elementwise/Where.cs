using System.Numerics;

namespace ResearchFreeze.Autograd;

/// <summary>a where the mask is true, that is not 0, else 0; not a product, in which a NaN that is not chosen would stay one.</summary>
public readonly struct ChosenOp<T> : IZipOp<T>
    where T : unmanaged, INumber<T>
{
    /// <inheritdoc/>
    public T Apply(T a, T b) => b != T.Zero ? a : T.Zero;

    /// <inheritdoc/>
    public Vector<T> Apply(Vector<T> a, Vector<T> b) => Vector.ConditionalSelect(Vector.Equals(b, Vector<T>.Zero), Vector<T>.Zero, a);
}

/// <summary>a where the mask is false, that is 0, else 0.</summary>
public readonly struct NotChosenOp<T> : IZipOp<T>
    where T : unmanaged, INumber<T>
{
    /// <inheritdoc/>
    public T Apply(T a, T b) => b != T.Zero ? T.Zero : a;

    /// <inheritdoc/>
    public Vector<T> Apply(Vector<T> a, Vector<T> b) => Vector.ConditionalSelect(Vector.Equals(b, Vector<T>.Zero), a, Vector<T>.Zero);
}

/// <summary>One operand where a mask is true, that is not 0, the other elsewhere, with broadcasting. The gradient goes to the chosen one; the mask, which is kept, is a constant.</summary>
public sealed class WhereFunction : Function
{
    private const int Mask = 0;

    /// <inheritdoc/>
    public override string Name => "where";

    internal static ZipKernel Chosen { get; } = ZipKernel.Of("chosen", new ChosenOp<double>(), new ChosenOp<float>());

    internal static ZipKernel NotChosen { get; } = ZipKernel.Of("not chosen", new NotChosenOp<double>(), new NotChosenOp<float>());

    /// <inheritdoc/>
    public override Tensor Forward(ForwardContext context, ReadOnlySpan<TensorBase> inputs)
    {
        ConstantInput.Require(Name, "mask", inputs[0]);
        Shape mask = inputs[0].Shape, y = Shape.Broadcast(Shape.Broadcast(mask, inputs[1].Shape, Name), inputs[2].Shape, Name);
        Tensor result = context.Result(y);
        if (mask == y)
        {
            Choose(context.Device, inputs, inputs[0].Range, y, result);
        }
        else
        {
            // Of the result's shape: an operand and a mask that both are stretched along an axis would not reach it together.
            using Tensor stretched = context.Result(y);
            context.Device.Expand(ReduceLayout.ToOperand(y, mask), 1, inputs[0].Range, stretched.Range);
            Choose(context.Device, inputs, stretched.Range, y, result);
        }
        context.Save(Mask, inputs[0], InputSet.Of(1, 2));
        return result;
    }

    /// <inheritdoc/>
    public override void Backward(int input, BackwardContext context, Tensor dy, GradTarget dx) =>
        Broadcasting.AccumulateZip(context, input == 1 ? Chosen : NotChosen, dy, context.Saved(Mask), dx);

    private void Choose(Device device, ReadOnlySpan<TensorBase> inputs, TensorRange mask, Shape y, Tensor result)
    {
        device.Zip(Chosen, new ZipLayout(inputs[1].Shape, y, Name), inputs[1].Range, mask, result.Range);
        device.Zip(NotChosen, new ZipLayout(inputs[2].Shape, y, Name), inputs[2].Range, mask, result.Range, beta: 1);
    }
}

public sealed partial class Tensor
{
    private static readonly WhereFunction WhereInstance = new();

    /// <summary>This where the mask is true, that is not 0, else the other, with NumPy's broadcasting. The gradient goes to the chosen one; a NaN that is not chosen does not show.</summary>
    /// <param name="mask">What a comparison gives; a constant.</param>
    /// <param name="other">Where the mask is 0.</param>
    /// <exception cref="ShapeException">The shapes do not broadcast.</exception>
    /// <exception cref="ArgumentException">A gradient of the mask is wanted.</exception>
    public Tensor Where(Tensor mask, Tensor other)
    {
        ArgumentNullException.ThrowIfNull(mask);
        ArgumentNullException.ThrowIfNull(other);
        return WhereInstance.Apply([mask, this, other]);
    }
}
