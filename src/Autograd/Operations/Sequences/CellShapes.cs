namespace ResearchFreeze.Autograd;

/// <summary>The shapes of a recurrent step's inputs.</summary>
internal static class CellShapes
{
    /// <summary>From what the inputs add to the gates, the product, the state, and perhaps further states and lengths.</summary>
    /// <exception cref="ShapeException">They do not fit.</exception>
    public static CellShape Of(string name, int step, int gates, ReadOnlySpan<TensorBase> inputs)
    {
        Shape part = inputs[0].Shape;
        if (part.Rank != 2 || part[1] % gates != 0) throw new ShapeException($"{name}: needs {gates} gates (n, {gates} · width), found {part}.");
        (int rows, int width) = (part[0], part[1] / gates);
        if (inputs[1].Shape != part) throw new ShapeException($"{name}: gates {part} need a product of that shape, found {inputs[1].Shape}.");
        for (int i = 2; i < inputs.Length; i++)
        {
            if (inputs[i] is IntTensor lengths && lengths.Shape != new Shape(rows)) throw new ShapeException($"{name}: {rows} sequences need {rows} lengths, found {lengths.Shape}.");
            if (inputs[i] is Tensor && inputs[i].Shape != new Shape(rows, width)) throw new ShapeException($"{name}: gates {part} need states of ({rows}, {width}), found {inputs[i].Shape}.");
        }
        return new CellShape(rows, width, step);
    }
}
