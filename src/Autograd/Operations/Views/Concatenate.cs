namespace ResearchFreeze.Autograd;

/// <summary>Tensors one after the other along an axis; each one's gradient is its part of the result's, and nothing is kept.</summary>
public sealed class ConcatenateFunction(int axis) : Function
{
    /// <inheritdoc/>
    public override string Name => "concatenate";

    /// <inheritdoc/>
    public override Tensor Forward(ForwardContext context, ReadOnlySpan<TensorBase> inputs)
    {
        Shape first = inputs[0].Shape;
        long extent = 0;
        foreach (TensorBase input in inputs)
        {
            Shape shape = input.Shape;
            if (shape.Rank != first.Rank || shape.With(axis, 0) != first.With(axis, 0))
                throw new ShapeException($"concatenate: shapes {first} and {shape} differ beyond axis {axis}.");
            extent += shape[axis];
        }
        if (extent > Shape.MaxCount) throw new ShapeException($"concatenate: {inputs.Length} tensors have {extent} elements along axis {axis}, at most {Shape.MaxCount} are possible.");
        Tensor y = context.Result(first.With(axis, (int)extent));
        int at = 0;
        foreach (TensorBase input in inputs)
        {
            context.Device.CopyBox(PartOf(y.Shape, input.Shape, at), input.Range, y.Range);
            at += input.Shape[axis];
        }
        return y;
    }

    /// <inheritdoc/>
    public override void Backward(int input, BackwardContext context, Tensor dy, GradTarget dx)
    {
        int at = 0;
        for (int i = 0; i < input; i++) at += context.InputShape(i)[axis];
        TensorRange to = dx.Open(out float beta);
        context.Device.CopyBox(PartOf(dy.Shape, dx.Shape, at).Reversed(), dy.Range, to, beta);
    }

    private StridedLayout PartOf(Shape whole, Shape part, int at)
    {
        int inner = part.CountOf(axis + 1, part.Rank), outer = part.CountOf(0, axis);
        return new StridedLayout([outer, part[axis] * inner], 0, [part[axis] * inner, 1], at * inner, [whole[axis] * inner, 1]);
    }
}

public sealed partial class Tensor
{
    /// <summary>Tensors of one shape one after the other along a new axis (negative: from behind the innermost); at most 32.</summary>
    /// <exception cref="ShapeException">Their shapes differ, or there is no such place for an axis.</exception>
    /// <exception cref="ArgumentException">None, or more than 32.</exception>
    public static Tensor Stack(int axis, params ReadOnlySpan<Tensor> tensors)
    {
        if (tensors.IsEmpty) throw new ArgumentException("stack: needs 1 to 32 tensors, found 0.", nameof(tensors));
        var unsqueezed = new Tensor[tensors.Length];
        for (int i = 0; i < unsqueezed.Length; i++)
        {
            if (tensors[i].Shape != tensors[0].Shape) throw new ShapeException($"stack: shapes {tensors[0].Shape} and {tensors[i].Shape} differ.");
            unsqueezed[i] = tensors[i].Unsqueeze(axis);
        }
        return Concatenate(axis < 0 ? axis + tensors[0].Shape.Rank + 1 : axis, unsqueezed);
    }

    /// <summary>Tensors one after the other along an axis (negative: from the innermost); at most 32, equal in all other axes.</summary>
    /// <exception cref="ShapeException">They are not, or there is no such axis.</exception>
    /// <exception cref="ArgumentException">None, or more than 32.</exception>
    public static Tensor Concatenate(int axis, params ReadOnlySpan<Tensor> tensors)
    {
        if (tensors.IsEmpty) throw new ArgumentException("concatenate: needs 1 to 32 tensors, found 0.", nameof(tensors));
        tensors[0].AxisMask("concatenate", [axis]);
        return new ConcatenateFunction(axis < 0 ? axis + tensors[0].Shape.Rank : axis).Apply(ReadOnlySpan<TensorBase>.CastUp(tensors));
    }
}
