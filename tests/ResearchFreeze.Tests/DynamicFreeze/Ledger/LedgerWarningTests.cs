using ResearchFreeze.Autograd;
using ResearchFreeze.DynamicFreeze;
using ResearchFreeze.Layers;

namespace ResearchFreeze.Tests.DynamicFreeze;

/// <summary>What the ledger says of flags that do not pay, of memory and of optimizer state.</summary>
public class LedgerWarningTests
{
    private const int Rows = 4;
    private static readonly int[] Widths = [5, 6, 7, 3];

    /// <summary>Frozen units as bits, and the shares of backward operations by hand: weights 30, 42, 21 and input gradients 0, 42, 21 of 156.</summary>
    [Theory]
    [InlineData(0b000, 0, 0)]
    [InlineData(0b001, 30 + 42, 30)]                 // the unit behind needs no input gradient any more
    [InlineData(0b011, 30 + 42 + 42 + 21, 30 + 42 + 42)]
    [InlineData(0b010, 42, 42 + 42)]
    public void R12_FlagsThatAreNoPrefixAreNamedWithBothSavings(int mask, int saved, int asPrefix)
    {
        using var device = new ReferenceDevice();
        using Sequential model = Networks.Mlp(device, Widths);
        using var optimizer = new Sgd(model, new Constant(0.1f));
        var rule = new Scripted((context, decision) =>
        {
            for (int i = 0; i < 2 && context.Step == 1; i++)
            {
                if ((mask >> i & 1) != 0) decision.Freeze(i, "now");
            }
        });
        using var freeze = new FreezeController(model, optimizer, new Watching(), rule, options: FreezeOptions.WithoutTriggers with { CheckEvery = 1 });
        Assert.Equal((0, 0), freeze.Ledger.SavedByFlags);
        for (int step = 0; step < 2; step++)
        {
            Networks.Backward(model, device, Rows, Widths[0], Widths[^1]);
            freeze.Step();
        }
        (double found, double prefix) = freeze.Ledger.SavedByFlags;
        Assert.Equal(saved / 156.0, found, 1e-12);
        Assert.Equal(Math.Max(saved, asPrefix) / 156.0, prefix, 1e-12);
        if (mask == 0b010)
        {
            Assert.Equal("not a prefix: saves 26.9 % instead of 53.8 % of the backward operations", freeze.Ledger.Warning);
            Assert.Contains("not a prefix", freeze.Ledger.ToString(), StringComparison.Ordinal);
        }
        else
        {
            Assert.Null(freeze.Ledger.Warning);
        }
    }

    [Theory]
    [InlineData(0b00)]
    [InlineData(0b01)]
    [InlineData(0b11)]
    [InlineData(0b10)]
    public void KeptBytesOfAUnitAreWhatItsStepsKeptAndFullOnesWouldHave(int mask)
    {
        const int Steps = 5, Real = sizeof(double);
        using var device = new ReferenceDevice();
        using Sequential model = Networks.Mlp(device, Widths);
        using var optimizer = new AdamW(model, new Constant(0.1f)) { OnFreeze = OnFreeze.Drop };
        var rule = new Scripted((context, decision) =>
        {
            for (int i = 0; i < 2 && context.Step == 2; i++)
            {
                if ((mask >> i & 1) != 0) decision.Freeze(i, "now");
            }
        });
        using var freeze = new FreezeController(model, optimizer, new Watching(), rule, options: FreezeOptions.WithoutTriggers with { CheckEvery = 1 });
        for (int step = 0; step < Steps; step++)
        {
            Networks.Backward(model, device, Rows, Widths[0], Widths[^1]);
            freeze.Step();
        }
        for (int unit = 0; unit < 3; unit++)
        {
            bool frozen = unit < 2 && (mask >> unit & 1) != 0;
            Assert.Equal(frozen ? 0 : 2L * Real * ((Widths[unit] * Widths[unit + 1]) + Widths[unit + 1]), freeze.Ledger.OptimizerBytes(unit));
        }
        // Inputs of each layer and outputs of the activations, each storage once: the first unit that keeps it counts it.
        long[] full = [.. Enumerable.Range(0, 3).Select(freeze.Ledger.FullKeptBytes)], kept = [.. Enumerable.Range(0, 3).Select(freeze.Ledger.KeptBytes)];
        Assert.All(full, bytes => Assert.Equal(0, bytes % Steps));
        if (mask == 0) Assert.Equal(full, kept);
        if (mask == 0b01) Assert.True(kept[0] == full[0] / Steps * 2 && kept[2] == full[2]);
        if (mask == 0b11) Assert.True(kept[0] == full[0] / Steps * 2 && kept[1] == full[1] / Steps * 2 && kept[2] >= full[2]);
        // The middle unit's input is the first one's output, which that one's ReLU keeps in any case.
        if (mask == 0b10) Assert.Equal(full.Sum(), kept.Sum());
        else if (mask != 0) Assert.True(kept.Sum() < full.Sum());
    }
}
