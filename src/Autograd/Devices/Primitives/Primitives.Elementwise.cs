namespace ResearchFreeze.Autograd;

// Element by element.
public static partial class Primitives
{
    private static IReadOnlyList<PrimitiveDescription> Elementwise =>
    [
        new(Primitive.Fill, Writes("y"))
        {
            Kernels = Kernels(nameof(ElementwiseKernels), nameof(ElementwiseKernels.Fill)),
            Tolerance = Exact,
            Cases = b =>
            {
                foreach (int length in b.Lengths) b.Device.Fill(b.Output(length), -3.25);
            },
        },
        new(Primitive.Map, Reads("x"), Adds("y"))
        {
            Kernels = Kernels(nameof(ElementwiseKernels), nameof(ElementwiseKernels.Map)),
            Cases = b =>
            {
                foreach ((MapKernel kernel, bool positive) in b.Sizes.Functions(ElementwiseCases.Maps))
                {
                    foreach (int length in b.Lengths)
                    {
                        foreach (float beta in CaseValues.Betas) b.Device.Map(kernel, b.Input(length, positive), b.Output(length, beta), beta);
                    }
                    foreach (float beta in CaseValues.Betas)
                    {
                        TensorRange own = b.Input(257, positive);
                        b.Device.Map(kernel, own, own, beta);
                    }
                }
            },
        },
        new(Primitive.MapBackward, Reads("x"), Reads("y"), Reads("dy"), Adds("dx"))
        {
            Kernels = Kernels(nameof(ElementwiseKernels), nameof(ElementwiseKernels.MapBackward)),
            Cases = b =>
            {
                foreach ((MapKernel kernel, bool positive) in b.Sizes.Functions(ElementwiseCases.Maps))
                {
                    foreach (int length in b.Lengths)
                    {
                        foreach (float beta in CaseValues.Betas) b.Device.MapBackward(kernel, b.Input(length, positive), b.Input(length, positive), b.Input(length), b.Output(length, beta), beta);
                    }
                    foreach (float beta in CaseValues.Betas)
                    {
                        TensorRange own = b.Input(257, positive);
                        b.Device.MapBackward(kernel, b.Input(257, positive), b.Input(257, positive), own, own, beta);
                    }
                }
            },
        },
        new(Primitive.Zip, Reads("a"), Reads("b"), Adds("y"))
        {
            Kernels = Kernels(nameof(ElementwiseKernels), nameof(ElementwiseKernels.Zip), nameof(ElementwiseKernels.ZipBroadcast)),
            Cases = b =>
            {
                foreach (ZipKernel kernel in b.Sizes.Functions(ElementwiseCases.Zips))
                {
                    foreach ((Shape left, Shape right) in b.Sizes.Fitting(ElementwiseCases.ZipShapes, item => Shape.Broadcast(item.A, item.B, "zip").Count))
                    {
                        var layout = new ZipLayout(left, right, kernel.Name);
                        foreach (float beta in CaseValues.Betas)
                        {
                            TensorRange x = b.Input(left.Count, positive: true), y = b.Input(right.Count, positive: true);
                            b.Device.Zip(kernel, layout, x, y, b.Output(layout.Output.Count, beta), beta);
                            if (left == layout.Output) b.Device.Zip(kernel, layout, x, y, x, beta);
                            else if (right == layout.Output) b.Device.Zip(kernel, layout, x, y, y, beta);
                        }
                    }
                }
            },
        },
        new(Primitive.AddScaled, Reads("x"), Adds("y"))
        {
            Kernels = Kernels(nameof(ElementwiseKernels), nameof(ElementwiseKernels.AddScaled)),
            Cases = b =>
            {
                foreach (int length in b.Lengths)
                {
                    foreach (float beta in CaseValues.Betas)
                    {
                        b.Device.AddScaled(0.75f, b.Input(length), beta, b.Output(length, beta));
                        TensorRange own = b.Input(length);
                        b.Device.AddScaled(0.7f, own, beta, own);
                    }
                }
            },
        },
        new(Primitive.RestoreWhere, Reads("mask"), Reads("x"), Updates("y"))
        {
            Kernels = Kernels(nameof(ElementwiseKernels), nameof(ElementwiseKernels.RestoreWhere)),
            Tolerance = Exact,
            Cases = b =>
            {
                foreach (int length in b.Lengths)
                    b.Device.RestoreWhere(b.Reals([.. Enumerable.Range(0, length).Select(i => i % 3 == 0 ? 0f : 1f)]), b.Input(length), b.Input(length));
            },
        },
        new(Primitive.Dropout, Reads("x"), Adds("y"))
        {
            Kernels = Kernels(nameof(DropoutKernels), nameof(DropoutKernels.Dropout)),
            Cases = b =>
            {
                foreach (float probability in (float[])[0, 0.1f, 0.5f, 0.999f])
                {
                    var key = new DropoutKey(RandomStream.KeyOf(7, "dropout"), 0x1_0000_0003, probability);
                    foreach (int length in b.Lengths)
                    {
                        foreach (float beta in CaseValues.Betas)
                        {
                            b.Device.Dropout(key, b.Input(length), b.Output(length, beta), beta);
                            TensorRange own = b.Input(length);
                            b.Device.Dropout(key, own, own, beta);
                        }
                    }
                }
            },
        },
    ];
}
