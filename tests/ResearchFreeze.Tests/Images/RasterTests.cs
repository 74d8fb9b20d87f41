using ResearchFreeze.Images;

namespace ResearchFreeze.Tests.Images;

/// <summary>What is done to an image's pixels, by hand.</summary>
public sealed class RasterTests
{
    /// <summary>0 1 2 above 3 4 5, as each EXIF orientation shows it.</summary>
    [Theory]
    [InlineData(1, 3, new byte[] { 0, 1, 2, 3, 4, 5 })]
    [InlineData(2, 3, new byte[] { 2, 1, 0, 5, 4, 3 })]
    [InlineData(3, 3, new byte[] { 5, 4, 3, 2, 1, 0 })]
    [InlineData(4, 3, new byte[] { 3, 4, 5, 0, 1, 2 })]
    [InlineData(5, 2, new byte[] { 0, 3, 1, 4, 2, 5 })]
    [InlineData(6, 2, new byte[] { 3, 0, 4, 1, 5, 2 })]
    [InlineData(7, 2, new byte[] { 5, 2, 4, 1, 3, 0 })]
    [InlineData(8, 2, new byte[] { 2, 5, 1, 4, 0, 3 })]
    public void It_is_turned_as_exif_says(int orientation, int width, byte[] pixels)
    {
        Raster turned = new Raster(3, 2, 1, [0, 1, 2, 3, 4, 5]).Oriented(orientation);
        Assert.Equal((width, 6 / width), (turned.Width, turned.Height));
        Assert.Equal(pixels, turned.Pixels);
    }

    [Fact]
    public void The_channels_of_a_pixel_stay_together() => Assert.Equal([4, 5, 6, 1, 2, 3], new Raster(2, 1, 3, [1, 2, 3, 4, 5, 6]).Oriented(3).Pixels);

    /// <summary>Of 4 × 2 the middle 2 × 2; its mean is 4.5.</summary>
    [Fact]
    public void The_middle_of_the_longer_side_is_kept_whichever_it_is()
    {
        Assert.Equal([2, 3, 6, 7], new Raster(4, 2, 1, [1, 2, 3, 4, 5, 6, 7, 8]).Square(2).Pixels);
        Assert.Equal([5], new Raster(4, 2, 1, [1, 2, 3, 4, 5, 6, 7, 8]).Square(1).Pixels);
        Assert.Equal([3, 4, 5, 6], new Raster(2, 4, 1, [1, 2, 3, 4, 5, 6, 7, 8]).Square(2).Pixels);
        // Of 3 × 2 half of the first and of the last column are cut: 0.5·1 + 2 + 0.5·3 over 2, and so on.
        Assert.Equal([35], new Raster(3, 2, 1, [10, 20, 30, 40, 50, 60]).Square(1).Pixels);
    }

    /// <summary>3 × 3 to 2 × 2: a pixel covers 1.5 × 1.5, so the first is (10 + 20 / 2 + 40 / 2 + 50 / 4) / 2.25 = 23.3.</summary>
    [Fact]
    public void A_pixel_is_the_mean_of_the_area_that_it_covers() => Assert.Equal([23, 37, 63, 77], new Raster(3, 3, 1, [10, 20, 30, 40, 50, 60, 70, 80, 90]).Square(2).Pixels);

    [Fact]
    public void A_smaller_image_is_enlarged()
    {
        Assert.Equal([1, 1, 3, 3, 1, 1, 3, 3, 5, 5, 7, 7, 5, 5, 7, 7], new Raster(2, 2, 1, [1, 3, 5, 7]).Square(4).Pixels);
        // 2 to 3: the middle pixel covers a third of both.
        Assert.Equal([0, 30, 60, 0, 30, 60, 0, 30, 60], new Raster(2, 2, 1, [0, 60, 0, 60]).Square(3).Pixels);
    }

    /// <summary>0.299, 0.587 and 0.114 of 255 are 76.2, 149.7 and 29.1.</summary>
    [Fact]
    public void Grey_is_luma() => Assert.Equal([76, 150, 29, 255, 0], new Raster(5, 1, 3, [255, 0, 0, 0, 255, 0, 0, 0, 255, 255, 255, 255, 0, 0, 0]).Luma().Pixels);
}
