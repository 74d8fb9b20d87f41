namespace ResearchFreeze.Tests;

public sealed class SmokeTests
{
    [Fact]
    public void Runs() => Assert.Equal(4, 2 + 2);

    [Fact]
    public void Skips() => Assert.Skip("because");
}
