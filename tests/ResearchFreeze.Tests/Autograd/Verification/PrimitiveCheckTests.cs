using ResearchFreeze.Autograd;

namespace ResearchFreeze.Tests.Autograd;

public sealed class PrimitiveCheckTests
{
    public static TheoryData<Primitive> Primitives => [.. PrimitiveChecks.All.Select(check => check.Primitive)];

    [Fact]
    public void EveryPrimitiveHasACheck() => Assert.Equal(Enum.GetValues<Primitive>(), PrimitiveChecks.All.Select(check => check.Primitive));

    /// <summary>Otherwise one primitive's fault would be reported as another's.</summary>
    [Theory]
    [MemberData(nameof(Primitives))]
    public void ACheckCallsItsPrimitiveAndNothingElseThatComputes(Primitive primitive)
    {
        using var device = new ReferenceDevice();
        PrimitiveCheck check = PrimitiveChecks.All[(int)primitive];
        PrimitiveBench.Run(device, check.Body);
        Primitive[] called = [.. Enum.GetValues<Primitive>().Where(other => device.Counters.Calls(other) > 0)];
        Assert.Contains(primitive, called);
        Assert.Empty(called.Except([primitive, Primitive.Upload, Primitive.Download]));
        Assert.Equal(0, device.Counters.LiveBytes);
    }

    /// <summary>A relative error of a thousandth in the results shows, whatever the primitive: no tolerance hides it.</summary>
    [Theory]
    [MemberData(nameof(Primitives))]
    public void AThousandthIsNoticed(Primitive primitive)
    {
        using var device = new ReferenceDevice();
        PrimitiveCheck check = PrimitiveChecks.All[(int)primitive];
        double[][] right = PrimitiveBench.Run(device, check.Body);
        double[][] wrong = [.. right.Select(values => Array.ConvertAll(values, value => value * 1.001))];
        (double largest, string? failure) = PrimitiveBench.Compare(right, wrong, check.Tolerance);
        Assert.True(largest > 10, $"{primitive}: {largest:F1}");
        Assert.NotNull(failure);
    }

    [Fact]
    public void NaNAgreesWithNaNAlone()
    {
        Assert.Equal((0, null), PrimitiveBench.Compare([[double.NaN, double.PositiveInfinity]], [[double.NaN, double.PositiveInfinity]], 1e-6));
        foreach (double found in (double[])[1, double.PositiveInfinity]) Assert.NotNull(PrimitiveBench.Compare([[double.NaN]], [[found]], 1e-6).Failure);
        foreach (double found in (double[])[1, double.NaN, double.NegativeInfinity]) Assert.NotNull(PrimitiveBench.Compare([[double.PositiveInfinity]], [[found]], 1e-6).Failure);
        Assert.NotNull(PrimitiveBench.Compare([[1]], [[double.NaN]], 1e-6).Failure);
    }
}
