using ResearchFreeze.Cli;

namespace ResearchFreeze.Tests.Cli;

public sealed class LiveLineTests
{
    [Theory]
    [InlineData(120, "step 240/395  epoch 4/5  loss 0.457  val 84.2 %  [##..]  0:12  left 0:08  20/s")]
    [InlineData(79, "step 240/395  epoch 4/5  loss 0.457  val 84.2 %  [##..]  0:12  left 0:08  20/s")]
    [InlineData(77, "step 240/395  epoch 4/5  loss 0.457  val 84.2 %  [##..]  0:12  left 0:08")]
    [InlineData(59, "step 240/395  loss 0.457  val 84.2 %  [##..]  left 0:08")]
    [InlineData(40, "step 240/395  loss 0.457  val 84.2 %")]
    [InlineData(8, "step 240")]
    public void WhatMattersLessIsLeftOutFirstAndNothingIsLongerThanTheLine(int columns, string expected)
    {
        (int, string)[] parts = TrainView.Line(240, 395, 4, 5, 0.4568, "val 84.2 %", TrainView.Cells([true, true, false, false]), 12);
        Assert.Equal(expected, LiveLine.Fit(parts, columns));
    }

    [Fact]
    public void WhatIsNotKnownYetIsNotShown() =>
        Assert.Equal("step 0/395  epoch 1/5  [..]  0:00", LiveLine.Fit(TrainView.Line(0, 395, 1, 5, double.NaN, "", TrainView.Cells([false, false]), 0), 79));

    [Fact]
    public void ALongRunShowsHours() => Assert.Contains("1:02:03", LiveLine.Fit(TrainView.Line(1, 2, 1, 1, double.NaN, "", "", 3723), 79), StringComparison.Ordinal);

    [Fact]
    public void ManyUnitsShareCells()
    {
        Assert.Equal("[####........]", TrainView.Cells([.. Enumerable.Range(0, 48).Select(unit => unit < 16)]));
        Assert.Equal("[#+..........]", TrainView.Cells([.. Enumerable.Range(0, 48).Select(unit => unit < 5)]));
        Assert.Equal("[#.]", TrainView.Cells([true, false]));
        // 13 units in 12 cells: one has two.
        Assert.Equal(14, TrainView.Cells(new bool[13]).Length);
    }

    [Fact]
    public void LinesAboveTakeItsPlaceAndNoneIsShownAfterTheEnd()
    {
        using var terminal = new StringWriter();
        var live = new LiveLine(terminal, 20);
        live.Show((1, "step 1"));
        live.Above(["frozen"]);
        live.Show((1, "step 2"));
        live.End();
        live.End();
        Assert.Equal($"\r\u001b[Kstep 1\r\u001b[Kfrozen{Environment.NewLine}\r\u001b[Kstep 2\r\u001b[K", terminal.ToString());
    }
}
