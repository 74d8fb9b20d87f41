using ResearchFreeze.Autograd;

namespace ResearchFreeze.Tests.Autograd;

// Products, rows, norms and steps.
public abstract partial class DevicePrimitiveParity
{
    private static readonly Activation[] Activations = [Activation.None, Activation.Relu, Activation.Tanh, Activation.Sigmoid];

    [Fact]
    public void GemmHandlesEveryTransposeAndOddSize()
    {
        (int M, int N, int K)[] sizes =
        [
            (1, 1, 1), (1, 7, 13), (7, 1, 31), (13, 31, 1), (7, 10, 33), (31, 33, 7), (12, 32, 8), (24, 64, 16), (33, 13, 64), (64, 64, 64),
            (129, 33, 31), (1, 129, 129), (31, 10, 129), (13, 65, 33),
            (129, 129, 129), (7, 200, 300), (270, 40, 530), (50, 70, 700), (300, 300, 60),
        ];
        int turn = 0;
        foreach ((int m, int n, int k) in sizes.Where(size => Math.Max(size.M, Math.Max(size.N, size.K)) <= MaxExtent))
        {
            for (int transpose = 0; transpose < 4; transpose++)
            {
                turn++;
                GemmShape shape = GemmShape.Of(m, n, k, (transpose & 1) != 0, (transpose & 2) != 0);
                if (turn % 3 == 0) shape = shape with { LeadingA = shape.LeadingA + 3, LeadingB = shape.LeadingB + 5, LeadingC = shape.LeadingC + 2 };
                foreach (float beta in Betas) CheckGemm(shape, beta, (turn & 1) == 0, beta == 0 ? Activations[turn % 4] : Activation.None);
            }
        }
    }

    [Fact]
    public void GemmRepeatsOverABatch()
    {
        foreach ((int m, int n, int k) in ((int, int, int)[])[(7, 13, 5), (13, 33, 31), (1, 9, 7)])
        {
            for (int transpose = 0; transpose < 4; transpose++)
            {
                GemmShape one = GemmShape.Of(m, n, k, (transpose & 1) != 0, (transpose & 2) != 0);
                foreach (int batch in (int[])[0, 1, 2, 9])
                {
                    CheckGemm(one.Batched(batch, m * k, k * n, m * n), 0, false, Activation.None);
                    CheckGemm(one.Batched(batch, m * k, 0, m * n), 1, true, Activation.None);
                    CheckGemm(one.Batched(batch, 0, k * n, (m * n) + 3), 0.5f, false, Activation.None);
                    CheckGemm(one.Batched(batch, (m * k) + 1, 0, m * n), 0, true, Activation.Relu);
                    CheckGemm(one.Batched(batch, 0, 0, m * n), 0, true, Activation.Tanh);
                }
            }
        }
        if (MaxExtent >= 65) CheckGemm(GemmShape.Of(65, 40, 33, transposeB: true).Batched(13, 65 * 33, 40 * 33, 65 * 40), 0, false, Activation.None);

        // Heads side by side in a row, as attention lays them out: the leading dimension is longer than a head.
        const int Heads = 3, Width = 8, Tokens = 11;
        var split = new GemmShape(Tokens, Tokens, Width, false, true, Heads * Width, Heads * Width, Tokens, Heads, Width, Width, Tokens * Tokens);
        CheckGemm(split, 0, false, Activation.None);
    }

    [Fact]
    public void GemmWithoutProductsIsTheBias()
    {
        foreach (float beta in Betas)
        {
            foreach (bool bias in (bool[])[false, true])
            {
                CheckGemm(GemmShape.Of(5, 7, 0), beta, bias, beta == 0 ? Activation.Sigmoid : Activation.None);
                CheckGemm(GemmShape.Of(0, 7, 3), beta, bias, Activation.None);
                CheckGemm(GemmShape.Of(5, 0, 3), beta, bias, Activation.None);
            }
        }
    }

    [Fact]
    public void SoftmaxAndItsBackwardWorkByRows()
    {
        foreach ((int rows, int columns) in ((int, int)[])[(1, 1), (3, 7), (13, 10), (5, 129), (31, 64), (2, Big(3001)), (Big(900), 33)])
        {
            double[] values = Draw(rows * columns, -20, 90);
            if (columns > 2) values[1] = double.NegativeInfinity;
            Twin x = Keep(Twin.Of("x", values, reference, Device)), y = Garbage("y", values.Length), own = Keep(Twin.Of("in place", values, reference, Device));
            foreach (Device on in Both())
            {
                on.Softmax(rows, columns, x.On(on), y.On(on));
                on.Softmax(rows, columns, own.On(on), own.On(on));
            }
            Check($"softmax {rows}x{columns}", y, own);
            foreach (float beta in Betas)
            {
                Twin p = Random("p", values.Length, 0, 1), dy = Random("dy", values.Length), dx = Output("dx", values.Length, beta);
                foreach (Device on in Both()) on.SoftmaxBackward(rows, columns, p.On(on), dy.On(on), dx.On(on), beta);
                Check($"softmax backward {rows}x{columns} beta {beta}", dx);
            }
            Release();
        }
    }

    [Fact]
    public void CrossEntropyFollowsItsOptions()
    {
        const int Ignored = -100;
        foreach ((int rows, int classes) in ((int, int)[])[(1, 2), (13, 10), (31, 7), (5, 129), (Big(700), 33)])
        {
            for (int options = 0; options < 16; options++)
            {
                bool smooth = (options & 1) != 0, weighted = (options & 2) != 0, ignores = (options & 4) != 0, invalid = (options & 8) != 0;
                var shape = new CrossEntropyShape(rows, classes, smooth ? 0.1f : 0, Ignored);
                int[] labels = [.. Enumerable.Range(0, rows).Select(_ => random.NextInt32(classes))];
                if (ignores) labels[rows / 2] = Ignored;
                if (invalid) labels[rows - 1] = options % 3 == 0 ? classes : -1;
                Twin x = Random("logits", rows * classes, -8, 8), targets = Keep(Twin.Of("labels", labels, reference, Device)), weights = Random("weights", classes, 0.5, 2);
                Twin loss = Garbage("loss", 1), alone = Garbage("loss without state", 1), state = Garbage("row state", rows + 1), dloss = Random("dloss", 1);
                Twin overwritten = Garbage("dlogits", rows * classes), added = Random("dlogits", rows * classes);
                foreach (Device on in Both())
                {
                    TensorRange? w = weighted ? weights.On(on) : null;
                    on.CrossEntropy(shape, x.On(on), targets.On(on), w, loss.On(on), state.On(on));
                    on.CrossEntropy(shape, x.On(on), targets.On(on), w, alone.On(on), null);
                    on.CrossEntropyBackward(shape, x.On(on), targets.On(on), w, state.On(on), dloss.On(on), overwritten.On(on));
                    on.CrossEntropyBackward(shape, x.On(on), targets.On(on), w, state.On(on), dloss.On(on), added.On(on), 0.5f);
                }
                Check($"cross entropy {rows}x{classes} smooth {smooth} weighted {weighted} ignores {ignores} invalid {invalid}", loss, alone, state, overwritten, added);
                Release();
            }
        }
    }

    [Fact]
    public void NormsSum()
    {
        foreach (int length in Lengths.Append(Math.Min(200_001, 2 * MaxElements)))
        {
            foreach (NormKind kind in Enum.GetValues<NormKind>())
            {
                Twin x = Random("x", length), y = Random("y", length), result = Garbage("result", 1);
                foreach (Device on in Both()) on.Norm(kind, x.On(on), (kind == NormKind.SquaredDistance ? y : x).On(on), result.On(on));
                Check($"norm {kind} {length}", result);
                Release();
            }
        }
    }

    [Fact]
    public void StepGuardClipsAndHalts()
    {
        (double[] Sums, float MaxNorm, double[] State)[] cases =
        [
            ([4, 5], 0, [9, 3, 0]), ([4, 5], 1, [9, 3, 0]), ([4, 5], 100, [9, 3, 0]), ([0], 1, [1, 0, 0]),
            ([4, double.NaN], 1, [1, 3, 0]), ([double.PositiveInfinity], 0, [1, 3, 0]), ([4], 1, [double.NaN, 3, 1]),
        ];
        foreach ((double[] sums, float maxNorm, double[] values) in cases)
        {
            Twin from = Keep(Twin.Of("sums", sums, reference, Device)), state = Keep(Twin.Of("state", values, reference, Device));
            foreach (Device on in Both()) on.StepGuard(from.On(on), maxNorm, state.On(on));
            Check($"step guard {string.Join(" ", sums)} max {maxNorm} state {string.Join(" ", values)}", state);
        }
    }

    [Fact]
    public void SgdUpdatesAndAHaltedStepDoesNot()
    {
        foreach (int length in Lengths)
        {
            foreach (double factor in (double[])[1, 0.25, double.NaN])
            {
                foreach (SgdStep step in (SgdStep[])[new(0.1f, 0, false, 0), new(0.1f, 0.9f, false, 0.01f), new(0.1f, 0.9f, true, 0.01f)])
                {
                    Twin w = Random("w", length), g = Random("g", length), v = Random("velocity", length), guard = Keep(Twin.Of("guard", [factor, 0, 0], reference, Device));
                    foreach (Device on in Both()) on.Sgd(step, w.On(on), g.On(on), step.Momentum == 0 ? null : v.On(on), guard.On(on));
                    Check($"sgd {length} {step} factor {factor}", w, g, v, guard);
                    Release();
                }
            }
        }
    }

    [Fact]
    public void AdamUpdatesAndAHaltedStepDoesNot()
    {
        foreach (int length in Lengths)
        {
            foreach (double factor in (double[])[1, 0.25, double.NaN])
            {
                AdamStep[] steps =
                [
                    new(0.01f, 0.9f, 0.999f, 1e-8f, 0, false, 1), new(0.01f, 0.9f, 0.999f, 1e-8f, 0.1f, false, 3), new(0.01f, 0.9f, 0.99f, 1e-6f, 0.1f, true, 1000),
                ];
                foreach (AdamStep step in steps)
                {
                    Twin w = Random("w", length), g = Random("g", length), m = Random("m", length), v = Random("v", length, 0.01, 1);
                    Twin guard = Keep(Twin.Of("guard", [factor, 0, 0], reference, Device));
                    foreach (Device on in Both()) on.Adam(step, w.On(on), g.On(on), m.On(on), v.On(on), guard.On(on));
                    Check($"adam {length} {step} factor {factor}", w, g, m, v, guard);
                    Release();
                }
            }
        }
    }

    private void CheckGemm(GemmShape shape, float beta, bool bias, Activation activation)
    {
        Twin a = Random("a", shape.LengthA), b = Random("b", shape.LengthB), c = Output("c", shape.LengthC, beta), offsets = Random("bias", shape.N);
        foreach (Device on in Both()) on.Gemm(shape, a.On(on), b.On(on), c.On(on), beta, bias ? offsets.On(on) : null, activation);
        Check($"gemm {shape} beta {beta} bias {bias} {activation}", c);
        Release();
    }
}
