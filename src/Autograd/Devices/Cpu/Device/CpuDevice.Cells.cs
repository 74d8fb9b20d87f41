namespace ResearchFreeze.Autograd;

// One step of recurrent layers, row by row.
public sealed unsafe partial class CpuDevice
{
    // Of a unit: five functions, and three more for a gradient.
    private const int CellCost = 8 * MapCost;

    /// <inheritdoc/>
    protected override void LstmCellCore(in CellShape shape, TensorRange part, TensorRange product, TensorRange cell, TensorRange? hidden, TensorRange? lengths, TensorRange y)
    {
        var work = new LstmWork { Shape = shape, Part = Reals(part), Product = Reals(product), Cell = Reals(cell), Hidden = Reals(hidden), Lengths = Integers(lengths), Y = Reals(y) };
        CpuParallel.For(threads, ref work, shape.Rows, CellCost * shape.Width);
    }

    /// <inheritdoc/>
    protected override void LstmCellBackwardCore(in CellShape shape, CellInput wanted, TensorRange? part, TensorRange? product, TensorRange? cell, TensorRange? lengths, TensorRange dy, TensorRange dx, float beta)
    {
        var work = new LstmGradientWork
        {
            Shape = shape,
            Wanted = wanted,
            Part = Reals(part),
            Product = Reals(product),
            Cell = Reals(cell),
            Lengths = Integers(lengths),
            OutputGradient = Reals(dy),
            InputGradient = Reals(dx),
            Beta = beta,
        };
        CpuParallel.For(threads, ref work, shape.Rows, CellCost * shape.Width);
    }

    /// <inheritdoc/>
    protected override void GruCellCore(in CellShape shape, TensorRange part, TensorRange product, TensorRange hidden, TensorRange? lengths, TensorRange y)
    {
        var work = new GruWork { Shape = shape, Part = Reals(part), Product = Reals(product), Hidden = Reals(hidden), Lengths = Integers(lengths), Y = Reals(y) };
        CpuParallel.For(threads, ref work, shape.Rows, CellCost * shape.Width);
    }

    /// <inheritdoc/>
    protected override void GruCellBackwardCore(in CellShape shape, CellInput wanted, TensorRange part, TensorRange product, TensorRange? hidden, TensorRange? lengths, TensorRange dy, TensorRange dx, float beta)
    {
        var work = new GruGradientWork
        {
            Shape = shape,
            Wanted = wanted,
            Part = Reals(part),
            Product = Reals(product),
            Hidden = Reals(hidden),
            Lengths = Integers(lengths),
            OutputGradient = Reals(dy),
            InputGradient = Reals(dx),
            Beta = beta,
        };
        CpuParallel.For(threads, ref work, shape.Rows, CellCost * shape.Width);
    }

    private static int* Integers(TensorRange? range) => range is { } given ? Integers(given) : null;
}
