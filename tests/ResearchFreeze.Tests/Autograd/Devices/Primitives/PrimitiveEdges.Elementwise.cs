using ResearchFreeze.Autograd;

namespace ResearchFreeze.Tests.Autograd;

// Element-wise formulas where they are easily wrong: not-a-number, infinities, ties, and results much smaller than what they are computed from.
public abstract partial class PrimitiveEdges
{
    private static readonly double[] Special = [double.NaN, double.PositiveInfinity, double.NegativeInfinity, 0, 1, -1, 30, -30];

    [Fact]
    public void MapKeepsNotANumberAndInfinity()
    {
        foreach ((MapKernel kernel, _) in ElementwiseCases.Maps)
        {
            Twin x = Keep(Twin.Of("x", Special, reference, Device)), y = Garbage("y", Special.Length);
            foreach (Device on in Both()) on.Map(kernel, x.On(on), y.On(on));
            double[] expected = y.Values(reference), found = y.Values(Device);
            for (int i = 0; i < Special.Length; i++)
            {
                bool same = expected[i].Equals(found[i]) || Math.Abs(expected[i] - found[i]) <= 1e-6 * Math.Max(Math.Abs(expected[i]), 1e-37);
                Assert.True(same, $"{kernel.Name}({Special[i]}) is {found[i]:R}, expected {expected[i]:R}");
            }
            Release();
        }
    }

    [Fact]
    public void DerivativesKeepNotANumberAndInfinity()
    {
        double[] ones = [.. Special.Select(_ => 1.0)];
        foreach ((MapKernel kernel, _) in ElementwiseCases.Maps)
        {
            Twin x = Keep(Twin.Of("x", Special, reference, Device)), y = Garbage("y", Special.Length), dy = Keep(Twin.Of("dy", ones, reference, Device)), dx = Garbage("dx", Special.Length);
            foreach (Device on in Both())
            {
                on.Map(kernel, x.On(on), y.On(on));
                on.MapBackward(kernel, x.On(on), y.On(on), dy.On(on), dx.On(on));
            }
            double[] expected = dx.Values(reference), found = dx.Values(Device);
            for (int i = 0; i < Special.Length; i++)
            {
                bool same = expected[i].Equals(found[i]) || Math.Abs(expected[i] - found[i]) <= 1e-6 * Math.Max(Math.Abs(expected[i]), 1);
                Assert.True(same, $"{kernel.Name}'({Special[i]}) is {found[i]:R}, expected {expected[i]:R}");
            }
            Release();
        }
    }

    [Fact]
    public void ZipKeepsNotANumberAndInfinity()
    {
        Shape column = [Special.Length, 1], row = [Special.Length];
        foreach (ZipKernel kernel in ElementwiseCases.Zips)
        {
            var layout = new ZipLayout(column, row, kernel.Name);
            Twin a = Keep(Twin.Of("a", Special, reference, Device)), b = Keep(Twin.Of("b", Special, reference, Device)), y = Garbage("y", layout.Output.Count);
            foreach (Device on in Both()) on.Zip(kernel, layout, a.On(on), b.On(on), y.On(on));
            double[] expected = y.Values(reference), found = y.Values(Device);
            // Of a power e^(b·ln a) the exponent's rounding shows: some 1e-7·|b·ln a|.
            double allowed = kernel.Name.StartsWith("pow", StringComparison.Ordinal) ? 2e-5 : 1e-6;
            for (int i = 0; i < expected.Length; i++)
            {
                // What float32 cannot hold is infinite, and its smallest numbers have few digits.
                double held = (float)expected[i];
                bool same = held.Equals(found[i]) || Math.Abs(expected[i] - found[i]) <= (allowed * Math.Abs(expected[i])) + 5e-45;
                Assert.True(same, $"{kernel.Name}({Special[i / row.Count]}, {Special[i % row.Count]}) is {found[i]:R}, expected {expected[i]:R}");
            }
            Release();
        }
    }

    /// <summary>The error relative to each single result, however small: 1 + erf x, log(1 + eˣ) or a long product would lose digits where it does not show beside larger results.</summary>
    [Fact]
    public void FormulasKeepTheirDigits()
    {
        // The bound and the range. An exponent is known to about 1.3e-7 of itself, a logarithm's rounding and a product's: it reaches 36 for 0.7⁻¹⁰¹. Where it reaches 12 and 17, for gelu at −5 and its approximation, what was lost is put back.
        (MapKernel Kernel, double Bound, double Low, double High)[] cases =
        [
            (MapKernels.Exp, 1e-6, -5, 5), (MapKernels.Tanh, 1e-6, -5, 5), (MapKernels.Sigmoid, 1e-6, -5, 5), (MapKernels.Silu, 1e-6, -5, 5), (MapKernels.Softplus, 1e-6, -5, 5),
            (MapKernels.Gelu, 1e-6, -5, 5), (MapKernels.GeluTanh, 1e-6, -5, 5),
            (Tensor.PowKernel(0.5), 1e-6, 0.001, 1000), (Tensor.PowKernel(2.5), 1e-6, 0.001, 1000), (Tensor.PowKernel(-1.5), 1e-6, 0.001, 1000),
            (Tensor.PowKernel(7), 1e-6, -1000, 1000), (Tensor.PowKernel(32), 2e-6, 0.1, 2), (Tensor.PowKernel(-101), 5e-6, 0.7, 1.4),
        ];
        foreach ((MapKernel kernel, double bound, double low, double high) in cases)
        {
            Twin x = Random("x", 4001, low, high), y = Garbage("y", 4001);
            foreach (Device on in Both()) on.Map(kernel, x.On(on), y.On(on));
            double[] inputs = x.Values(reference), expected = y.Values(reference), found = y.Values(Device);
            double worst = 0, at = 0;
            for (int i = 0; i < expected.Length; i++)
            {
                double error = Math.Abs(found[i] - expected[i]) / Math.Abs(expected[i]);
                if (!(error <= worst)) (worst, at) = (error, inputs[i]);
            }
            TestContext.Current.TestOutputHelper?.WriteLine($"{kernel.Name} from {low} to {high}: largest relative error {worst:E2}, at {at:R}");
            Assert.True(worst <= bound, $"{kernel.Name}({at:R}): relative error {worst:E2}, allowed {bound:E0}.");
            Release();
        }
    }
}
