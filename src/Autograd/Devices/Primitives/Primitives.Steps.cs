namespace ResearchFreeze.Autograd;

// What an optimizer calls.
public static partial class Primitives
{
    private static IReadOnlyList<PrimitiveDescription> Steps =>
    [
        new(Primitive.StepGuard, Reads("sums"), Writes("state"))
        {
            Kernels = Kernels(nameof(StepKernels), nameof(StepKernels.Guard)),
            Cases = b =>
            {
                foreach (int parameters in (int[])[1, 3, 300])
                {
                    TensorRange sums = b.Input(parameters, positive: true);
                    foreach (float maxNorm in (float[])[0, 1, 100, 1e6f]) b.Device.StepGuard(sums, maxNorm, b.Reals(0, 3, 0));
                    foreach (float bad in (float[])[float.NaN, float.PositiveInfinity])
                    {
                        TensorRange halted = b.Reals(1, 5, 0);
                        b.Device.StepGuard(b.Reals(1, bad, 2), 1, halted);
                        b.Device.StepGuard(sums, 1, halted);                       // sticky
                    }
                }
                b.Device.StepGuard(b.Reals(0), 1, b.Reals(1, 0, 0));
                b.Device.StepGuard(b.Reals(4), 1, b.Reals(float.NaN, 3, 1));
            },
        },
        new(Primitive.Sgd, Updates("w"), Reads("g"), Optional(Updates("velocity")), Few(Reads("guard")))
        {
            Kernels = Kernels(nameof(StepKernels), nameof(StepKernels.Sgd)),
            Cases = b =>
            {
                foreach (TensorRange guard in Guards(b))
                {
                    SgdTarget[] targets = [.. b.Lengths.SelectMany(length => SgdSteps.Select(step => new SgdTarget(step, b.Input(length), b.Input(length), step.Momentum == 0 ? null : b.Input(length), 0)))];
                    foreach (SgdTarget target in targets) b.Device.Sgd(target.Step, target.Weight, target.Gradient, target.Velocity, guard);
                    b.Device.Sgd(targets, guard);
                    b.Device.Sgd([], guard);
                }
            },
        },
        new(Primitive.Adam, Updates("w"), Reads("g"), Updates("m"), Updates("v"), Few(Reads("guard")))
        {
            Kernels = Kernels(nameof(StepKernels), nameof(StepKernels.Adam)),
            Cases = b =>
            {
                foreach (TensorRange guard in Guards(b))
                {
                    AdamTarget[] targets =
                        [.. b.Lengths.SelectMany(length => AdamSteps.Select(step => new AdamTarget(step, b.Input(length), b.Input(length), b.Input(length), b.Input(length, positive: true), 0)))];
                    foreach (AdamTarget target in targets) b.Device.Adam(target.Step, target.Weight, target.Gradient, target.Mean, target.Square, guard);
                    b.Device.Adam(targets, guard);
                    b.Device.Adam([], guard);
                }
            },
        },
        new(Primitive.RmsProp, Updates("w"), Reads("g"), Updates("square"), Optional(Updates("velocity")), Few(Reads("guard")))
        {
            Kernels = Kernels(nameof(StepKernels), nameof(StepKernels.RmsProp)),
            Cases = b =>
            {
                foreach (TensorRange guard in Guards(b))
                {
                    RmsPropTarget[] targets =
                        [.. b.Lengths.SelectMany(length => RmsPropSteps.Select(step => new RmsPropTarget(step, b.Input(length), b.Input(length), b.Input(length, positive: true), step.Momentum == 0 ? null : b.Input(length), 0)))];
                    foreach (RmsPropTarget target in targets) b.Device.RmsProp(target.Step, target.Weight, target.Gradient, target.Square, target.Velocity, guard);
                    b.Device.RmsProp(targets, guard);
                    b.Device.RmsProp([], guard);
                }
            },
        },
        new(Primitive.Lion, Updates("w"), Reads("g"), Updates("m"), Few(Reads("guard")))
        {
            Kernels = Kernels(nameof(StepKernels), nameof(StepKernels.Lion)),
            Cases = b =>
            {
                foreach (TensorRange guard in Guards(b))
                {
                    // A sign has no tolerance. On a grid, with halves and quarters for betas, what it is taken of is exact on every device, zero included; with the usual betas both terms are positive.
                    LionTarget[] targets =
                    [
                        .. b.Lengths.Select(length => new LionTarget(new LionStep(0.01f, 0.5f, 0.75f, 0.1f), b.Input(length), OnGrid(b, length), OnGrid(b, length), 0)),
                        .. b.Lengths.Select(length => new LionTarget(new LionStep(0.02f, 0.9f, 0.99f, 0), b.Input(length), b.Input(length, positive: true), b.Input(length, positive: true), 0)),
                    ];
                    foreach (LionTarget target in targets) b.Device.Lion(target.Step, target.Weight, target.Gradient, target.Mean, guard);
                    // A second update would take signs of what the first one rounded.
                    b.Device.Lion([.. targets.Select(target => target with { Mean = OnGrid(b, target.Mean.Length), Gradient = OnGrid(b, target.Mean.Length), Step = new LionStep(0.03f, 0.25f, 0.5f, 0.01f) })], guard);
                    b.Device.Lion([], guard);
                }
            },
        },
    ];

    private static SgdStep[] SgdSteps => [new(0.1f, 0, false, 0), new(0.05f, 0.9f, false, 0.01f), new(0.03f, 0.5f, true, 0.01f)];

    private static AdamStep[] AdamSteps => [new(0.01f, 0.9f, 0.999f, 1e-8f, 0, false, 1), new(0.02f, 0.9f, 0.999f, 1e-8f, 0.1f, false, 3), new(0.01f, 0.8f, 0.99f, 1e-6f, 0.1f, true, 1000)];

    private static RmsPropStep[] RmsPropSteps => [new(0.01f, 0.99f, 1e-8f, 0, 0), new(0.02f, 0.9f, 1e-3f, 0.9f, 0.1f), new(0.01f, 0, 1e-6f, 0.5f, 0)];

    /// <summary>Eighths in [−2, 2].</summary>
    private static TensorRange OnGrid(PrimitiveBench b, int length) => b.Reals(Array.ConvertAll(b.Draw(length), value => MathF.Round(8 * value) / 8));

    /// <summary>As it is, clipped, halted.</summary>
    private static IEnumerable<TensorRange> Guards(PrimitiveBench b) => ((float[])[1, 0.25f, float.NaN]).Select(factor => b.Reals(factor, 1, float.IsNaN(factor) ? 1 : 0));
}
