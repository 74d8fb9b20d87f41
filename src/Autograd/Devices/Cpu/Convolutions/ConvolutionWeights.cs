namespace ResearchFreeze.Autograd;

/// <summary>The weights of a convolution as the other operand of its products: for a tap and a channel of <see cref="PixelWindow"/>, a value for each column.</summary>
internal unsafe struct ConvolutionWeights
{
    public float* W;

    /// <summary>The convolution.</summary>
    public Conv2dShape Shape;

    /// <summary>For an input gradient, the taps that are used: a row is a tap and an output, a column an input channel. Without, a column is an output.</summary>
    public bool IsGradient;

    public PhaseTaps Rows;
    public PhaseTaps Columns;

    private readonly int Taken => IsGradient ? Shape.GroupOutputs : Shape.GroupChannels;

    private readonly int TapColumns => IsGradient ? Columns.Taps : Shape.Kernel.Width;

    /// <summary>Packs a panel of columns of a group in the order of a line of <see cref="PixelWindow"/>, column by column of the kernel: to[(tap·length + i)·width + column].</summary>
    public readonly void Pack(int group, int column, int columns, int slice, int length, float* to, int width)
    {
        nint row = (nint)Shape.Kernel.Height * Shape.Kernel.Width * Shape.GroupChannels;
        float* from = W + (group * Shape.GroupOutputs * row);
        for (int tapColumn = 0; tapColumn < TapColumns; tapColumn++)
        {
            for (int at = slice; at < slice + length;)
            {
                (int tapRow, int channel) = Math.DivRem(at, Taken);
                int run = Math.Min(Taken - channel, slice + length - at), tap = (tapRow * TapColumns) + tapColumn;
                if (IsGradient) GemmPacking.Straight(from + (channel * row) + ((nint)TapAt(tap) * Shape.GroupChannels) + column, row, columns, run, to, width);
                else GemmPacking.Transposed(from + (column * row) + ((nint)tap * Shape.GroupChannels) + channel, row, columns, run, to, width);
                to += run * width;
                at += run;
            }
        }
    }

    /// <summary>Packs weights of groups with as many channels as outputs, channels being lanes: for each tap and each channel of a group, those of all channels of the result.</summary>
    public readonly void PackLanes(int taps, float* to)
    {
        int all = Shape.Kernel.Height * Shape.Kernel.Width, width = Shape.GroupChannels;
        for (int tap = 0; tap < taps; tap++)
        {
            float* from = W + ((IsGradient ? TapAt(tap) : tap) * width);
            for (int i = 0; i < width; i++)
            {
                for (int channel = 0; channel < Shape.Channels; channel++)
                {
                    int inGroup = channel % width, output = IsGradient ? channel - inGroup + i : channel, input = IsGradient ? inGroup : i;
                    *to++ = from[((nint)output * all * width) + input];
                }
            }
        }
    }

    /// <summary>The kernel's tap that is a window's.</summary>
    private readonly int TapAt(int tap)
    {
        (int row, int column) = Math.DivRem(tap, Columns.Taps);
        return ((Rows.FirstTap + (row * Rows.TapStep)) * Shape.Kernel.Width) + Columns.FirstTap + (column * Columns.TapStep);
    }
}
