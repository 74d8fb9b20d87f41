namespace ResearchFreeze.Autograd;

// One step of recurrent layers.
public static partial class Primitives
{
    private static readonly (int Rows, int Width)[] CellSizes = [(1, 1), (0, 3), (3, 5), (7, 8), (2, 33), (31, 16), (5, 130), (300, 7), (64, 256)];

    private static IReadOnlyList<PrimitiveDescription> Cells =>
    [
        new(Primitive.LstmCell, Reads("part"), Reads("product"), Reads("cell"), Optional(Reads("hidden")), Optional(Integers(Reads("lengths"))), Writes("y"))
        {
            Kernels = Kernels(nameof(LstmKernels), nameof(LstmKernels.Next)),
            Cases = b => ForEachCell(b, (shape, lengths) =>
                b.Device.LstmCell(shape, Gates(b, shape, 4), Gates(b, shape, 4), b.Input(shape.Count), lengths is null ? null : b.Input(shape.Count), lengths, b.Output(shape.CountOf(2)))),
        },
        new(Primitive.LstmCellBackward, Optional(Reads("part")), Optional(Reads("product")), Optional(Reads("cell")), Optional(Integers(Reads("lengths"))), Reads("dy"), Adds("dx"))
        {
            Kernels = Kernels(nameof(LstmKernels), nameof(LstmKernels.GateGradient), nameof(LstmKernels.StateGradient)),
            Cases = b => ForEachCell(b, (shape, lengths) =>
            {
                TensorRange part = Gates(b, shape, 4), product = Gates(b, shape, 4), cell = b.Input(shape.Count), dy = b.Input(shape.CountOf(2));
                foreach (float beta in CaseValues.Betas)
                {
                    b.Device.LstmCellBackward(shape, CellInput.Part, part, product, cell, lengths, dy, b.Output(shape.CountOf(4), beta), beta);
                    b.Device.LstmCellBackward(shape, CellInput.State, part, product, cell, lengths, dy, b.Output(shape.Count, beta), beta);
                    if (lengths is not null) b.Device.LstmCellBackward(shape, CellInput.Hidden, null, null, null, lengths, dy, b.Output(shape.Count, beta), beta);
                }
                b.Device.LstmCellBackward(shape, CellInput.Product, part, product, cell, lengths, dy, b.Output(shape.CountOf(4)));
            }),
        },
        new(Primitive.GruCell, Reads("part"), Reads("product"), Reads("hidden"), Optional(Integers(Reads("lengths"))), Writes("y"))
        {
            Kernels = Kernels(nameof(GruKernels), nameof(GruKernels.Next)),
            Cases = b => ForEachCell(b, (shape, lengths) => b.Device.GruCell(shape, Gates(b, shape, 3), Gates(b, shape, 3), b.Input(shape.Count), lengths, b.Output(shape.Count))),
        },
        new(Primitive.GruCellBackward, Reads("part"), Reads("product"), Optional(Reads("hidden")), Optional(Integers(Reads("lengths"))), Reads("dy"), Adds("dx"))
        {
            Kernels = Kernels(nameof(GruKernels), nameof(GruKernels.GateGradient), nameof(GruKernels.StateGradient)),
            Cases = b => ForEachCell(b, (shape, lengths) =>
            {
                TensorRange part = Gates(b, shape, 3), product = Gates(b, shape, 3), hidden = b.Input(shape.Count), dy = b.Input(shape.Count);
                foreach (float beta in CaseValues.Betas)
                {
                    b.Device.GruCellBackward(shape, CellInput.Part, part, product, hidden, lengths, dy, b.Output(shape.CountOf(3), beta), beta);
                    b.Device.GruCellBackward(shape, CellInput.Product, part, product, hidden, lengths, dy, b.Output(shape.CountOf(3), beta), beta);
                    b.Device.GruCellBackward(shape, CellInput.State, part, product, null, lengths, dy, b.Output(shape.Count, beta), beta);
                }
            }),
        },
    ];

    /// <summary>Every size, once with sequences that never end and once with some that have; the third step.</summary>
    private static void ForEachCell(PrimitiveBench b, Action<CellShape, TensorRange?> apply)
    {
        foreach ((int rows, int width) in b.Sizes.Fitting(CellSizes, size => size.Rows * size.Width * 8))
        {
            apply(new CellShape(rows, width), null);
            apply(new CellShape(rows, width, 3), b.Integers([.. Enumerable.Range(0, rows).Select(row => row % 5 == 1 ? 0 : 2 + (row % 3))]));
        }
    }

    /// <summary>Some of them so large that gates are open or closed.</summary>
    private static TensorRange Gates(PrimitiveBench b, in CellShape shape, int gates)
    {
        float[] values = b.Draw(shape.CountOf(gates), scale: 2);
        for (int i = 7; i < values.Length; i += 23) values[i] *= 40;
        return b.Reals(values);
    }
}
