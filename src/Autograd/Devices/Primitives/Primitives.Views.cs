namespace ResearchFreeze.Autograd;

// Boxes of elements, rows by index.
public static partial class Primitives
{
    private static IReadOnlyList<PrimitiveDescription> Views =>
    [
        new(Primitive.CopyBox, Reads("x"), Adds("y"))
        {
            Kernels = Kernels(nameof(ViewKernels), nameof(ViewKernels.CopyBox)),
            Cases = b =>
            {
                foreach (BoxShapes box in BoxShapes.For(b.Sizes, repeats: true))
                {
                    foreach (float beta in CaseValues.Betas)
                    {
                        float[] old = b.Draw(box.LengthY);
                        // With beta = 0 what was there does not count, be it a NaN.
                        foreach (int at in beta == 0 ? box.PlacesY() : []) old[at] = float.NaN;
                        b.Device.CopyBox(box.Layout, b.Input(box.LengthX), b.Reals(old), beta);
                    }
                }
            },
        },
        new(Primitive.PlaceBox, Reads("x"), Adds("y"))
        {
            Kernels = [.. Kernels(nameof(ViewKernels), nameof(ViewKernels.CopyBox)), .. Kernels(nameof(ElementwiseKernels), nameof(ElementwiseKernels.Fill), nameof(ElementwiseKernels.AddScaled))],
            Cases = b =>
            {
                foreach (BoxShapes box in BoxShapes.For(b.Sizes, repeats: false))
                {
                    foreach (float beta in CaseValues.Betas) b.Device.PlaceBox(box.Layout, b.Input(box.LengthX), b.Output(box.LengthY, beta), beta);
                }
            },
        },
        new(Primitive.GatherRows, Reads("table"), Integers(Reads("ids")), Writes("y"))
        {
            Kernels = Kernels(nameof(RowKernels), nameof(RowKernels.Gather)),
            Tolerance = Exact,
            Cases = b =>
            {
                foreach ((int rows, int columns, int[] ids) in TableShapes.For(b.Sizes)) b.Device.GatherRows(columns, b.Input(rows * columns), b.Integers(ids), b.Output(ids.Length * columns));
            },
        },
        new(Primitive.ScatterRows, Integers(Reads("ids")), Reads("dy"), Adds("dtable"))
        {
            Kernels = [.. Kernels(nameof(RowKernels), nameof(RowKernels.Link), nameof(RowKernels.Scatter)), .. Kernels(nameof(ElementwiseKernels), nameof(ElementwiseKernels.Fill), nameof(ElementwiseKernels.AddScaled))],
            Cases = b =>
            {
                foreach ((int rows, int columns, int[] ids) in TableShapes.For(b.Sizes))
                {
                    foreach (float beta in CaseValues.Betas)
                        b.Device.ScatterRows(columns, b.Integers(ids), b.Input(ids.Length * columns, scale: CaseValues.Share(ids.Length)), b.Output(rows * columns, beta), beta);
                }
            },
        },
    ];
}
