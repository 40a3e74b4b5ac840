// SPDX-License-Identifier: Apache-2.0

/// The site's one style sheet. Every pair of text and background below measures 5.8:1 or better, borders of
/// controls at 4:1 or better, in both color schemes; `StyleTests` keeps it so.
let styleSheet = palette + frame + pipeline + tables + details + media

/// The palettes, for the tests too.
let lightColors = """
    --bg:#f6f7f9;--card:#fff;--alt:#f6f7f9;--text:#1b1f24;--dim:#57606a;--link:#0550ae;\
    --line:#dfe3e8;--control:#6e7781;--good:#116329;--warn:#7d4e00;--bad:#a40e26;--held:#6639a6;--busy:#0550ae;\
    --tint-bad:#fff5f5;--tint-warn:#fff8e6;--tint-set:#eef5ff;--ins:#dafbe1;--del:#ffebe9;--head:#0b1f3a;\
    --head-text:#fff;--head-dim:#c9d6e8;--shadow:0 1px 2px rgb(27 31 36/.06),0 4px 12px rgb(27 31 36/.05)
    """
let darkColors = """
    --bg:#0f1318;--card:#171c23;--alt:#1b2129;--text:#e6edf3;--dim:#9ba7b4;\
    --link:#79b8ff;--line:#2b333d;--control:#76818d;--good:#5fd17a;--warn:#e3b341;--bad:#ff8f85;--held:#c9a7ff;\
    --busy:#79b8ff;--tint-bad:#2a1719;--tint-warn:#2a2312;--tint-set:#172637;--ins:#12361f;--del:#4a1a1d;\
    --head:#0b0f14;--head-text:#e6edf3;--head-dim:#9ba7b4;--shadow:none
    """

// The reader's choice wins over the system's; said twice, since no older browser knows a shorter way.
private let palette = """
    :root{color-scheme:light dark;\(lightColors)}
    @media (prefers-color-scheme:dark){:root:not([data-theme=light]){\(darkColors)}}
    :root[data-theme=dark]{color-scheme:dark;\(darkColors)}:root[data-theme=light]{color-scheme:light}

    """

private let frame = """
    *{box-sizing:border-box}
    html{font:100%/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans","Liberation Sans",Arial,sans-serif;\
    -webkit-text-size-adjust:100%;scroll-padding-top:4.5rem}
    body{margin:0;background:var(--bg);color:var(--text);font-size:.9375rem;display:flex;flex-direction:column;min-height:100vh}
    a{color:var(--link);text-decoration:none;text-underline-offset:.15em}
    a:hover{text-decoration:underline}
    h1 a,p a,li a,dd a,.reason a{text-decoration:underline;text-decoration-thickness:1px}
    :focus-visible{outline:2px solid var(--link);outline-offset:2px;border-radius:3px}
    main:focus{outline:none}
    h1{font-size:1.5rem;line-height:1.2;margin:0;letter-spacing:-.015em}
    h2{font-size:1rem;margin:0}
    code,pre,.version{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono","Liberation Mono",monospace;font-size:.875em}
    ul,ol{margin:0;padding:0;list-style:none}
    .wide,main{width:100%;max-width:84rem;margin-inline:auto;padding-inline:1.25rem}
    main{padding-block:1.5rem 3rem;flex:1}
    .dim{color:var(--dim)}.good{color:var(--good)}.warn{color:var(--warn)}.bad{color:var(--bad)}.held{color:var(--held)}.busy{color:var(--busy)}
    .printed{display:none}
    .hidden,.sprite{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap;border:0}
    .skip{position:absolute;left:-99rem;top:.5rem;z-index:9;background:var(--card);padding:.5rem 1rem;border-radius:6px}
    .skip:focus{left:1rem}
    .top{position:sticky;top:0;z-index:5;background:var(--head);color:var(--head-text)}
    .top .wide{display:flex;align-items:center;gap:.25rem 1.75rem;flex-wrap:wrap;min-height:3.5rem}
    .top a{color:var(--head-dim);text-decoration:none}
    .brand{display:flex;align-items:center;gap:.6rem;font-weight:650;font-size:1.0625rem;letter-spacing:-.01em}
    .top .brand{color:var(--head-text)}
    .brand-mark{width:1.75rem;height:1.75rem}
    .brand-mark .m{fill:#2f6fde}.brand-mark .l{fill:none;stroke:#fff;stroke-width:2.4}.brand-mark .d{fill:#fff}.brand-mark .h{fill:#8ef0a7}
    .top nav ul{display:flex;gap:.25rem;flex-wrap:wrap}
    .top nav a{display:block;padding:.4rem .75rem;border-radius:6px;font-weight:500}
    .top nav a:hover{background:rgb(255 255 255/.08);color:var(--head-text)}
    .top nav a[aria-current]{background:rgb(255 255 255/.14);color:var(--head-text)}
    .top :focus-visible{outline-color:#fff}
    .reader{display:flex;align-items:center;gap:.75rem;font-size:.8125rem;margin:0}
    .reader button,.button{font:inherit;cursor:pointer;padding:.3rem .75rem;border-radius:6px;border:1px solid var(--control);background:transparent;color:inherit}
    .button{display:inline-block;padding:.5rem 1.1rem;font-weight:600;border-color:var(--link)}
    .git-state{margin:0 0 0 auto;font-size:.8125rem}
    .top .git-state .dim{color:var(--head-dim)}.top .git-state .good{color:#8ef0a7}.top .git-state .dim.b{color:#ffd58a}
    .banners{padding-block:.75rem 0;display:grid;gap:.5rem}
    .banners li{padding:.6rem .9rem;border-radius:8px;background:var(--tint-warn);border:1px solid var(--line);border-left:4px solid var(--warn)}
    .banners .alarm{background:var(--tint-bad);border-left-color:var(--bad)}
    .banners .i{color:var(--warn)}.banners .alarm .i{color:var(--bad)}
    .headline{display:flex;align-items:baseline;gap:.25rem .9rem;flex-wrap:wrap;margin-bottom:1rem}
    .headline p{margin:0}
    .card{background:var(--card);border:1px solid var(--line);border-radius:12px;box-shadow:var(--shadow);padding:1rem 1.25rem;margin-block:1rem}
    .card-head{display:flex;align-items:baseline;justify-content:space-between;gap:.25rem 1rem;flex-wrap:wrap;margin-bottom:.6rem;font-size:.875rem}
    .card>p:first-child{margin-top:0}.card>p:last-child{margin-bottom:0}
    .empty{color:var(--dim);padding:1.5rem 0;text-align:center}
    footer{border-top:1px solid var(--line);padding-block:1.25rem 2rem;font-size:.8125rem}
    footer .wide{display:grid;gap:.6rem}
    footer ul{display:flex;flex-wrap:wrap;gap:.25rem 1.25rem}
    footer p{margin:0}
    .live{display:flex;align-items:center;gap:.75rem}.live button{min-height:1.5rem;padding:0 .6rem}
    .news{position:fixed;inset:auto 0 1rem;display:flex;justify-content:center;pointer-events:none}.news button{pointer-events:auto;box-shadow:var(--shadow)}\
    .news p{pointer-events:auto;margin:0 1rem;padding:.6rem 1rem;background:var(--card);border:1px solid var(--control);border-radius:6px;box-shadow:var(--shadow)}
    .theme{display:inline-flex;align-items:center;gap:.25rem;margin:0}
    .theme button{background:none;border-color:transparent;color:var(--link);font-weight:400;min-height:1.5rem;padding:0 .4rem}
    .theme button[aria-pressed=true]{border-color:var(--control);color:var(--text)}
    footer pre{background:var(--card);border:1px solid var(--line);border-radius:8px;padding:.6rem .9rem;overflow:auto;margin:.4rem 0 0}
    summary{cursor:pointer;color:var(--link);min-height:1.5rem}
    footer a,footer summary{display:inline-block;min-height:1.5rem}

    """

private let pipeline = """
    .i{width:.8em;height:.8em;vertical-align:-.04em;fill:currentColor;flex:none}
    .i .s,.s{fill:none;stroke:currentColor;stroke-width:2}.s.w{stroke-width:3.4}
    .b{display:inline-flex;align-items:center;gap:.35em;font-weight:600;white-space:nowrap}
    .b.good,.b.dim{font-weight:500}
    .problems{background:var(--tint-bad);border:1px solid var(--line);border-left:4px solid var(--bad);border-radius:8px;padding:.6rem 1rem;margin-bottom:1rem;display:grid;gap:.3rem}
    .problems li{display:flex;gap:.15rem .9rem;flex-wrap:wrap}
    .strip{display:flex;align-items:stretch;margin-block:0 1.25rem}
    .strip .env{flex:1 1 0;min-width:0;background:var(--card);border:1px solid var(--line);border-top:3px solid var(--good);border-radius:12px;box-shadow:var(--shadow);padding:.8rem 1.1rem}
    .strip .tone-bad{border-top-color:var(--bad)}.strip .tone-busy{border-top-color:var(--busy)}.strip .tone-warn{border-top-color:var(--warn)}.strip .tone-held{border-top-color:var(--held)}.strip .tone-dim{border-top-color:var(--control)}
    .strip .env h2{font-size:1.0625rem;margin-bottom:.3rem}
    .strip .env h2 a{color:var(--text);text-decoration:none}.strip .env h2 a:hover{text-decoration:underline}
    .strip .env p{margin:.3rem 0 0;font-size:.875rem}
    .strip .version{font-size:1.25rem}
    .counts{display:flex;flex-wrap:wrap;gap:.1rem 1rem;font-size:.875rem}
    .bar{display:block;width:100%;height:5px;border-radius:3px;margin-block:.55rem .2rem}
    .bar rect{fill:currentColor}.bar .good{opacity:.55}
    .strip .gap{flex:0 0 7.25rem;display:flex;flex-direction:column;align-items:center;justify-content:center;text-align:center;font-size:.8125rem;line-height:1.35;padding-inline:.4rem}
    .strip .gap b{font-size:.9375rem}
    .arrow{width:100%;height:10px;margin-bottom:.35rem;background:linear-gradient(var(--control),var(--control)) center/100% 2px no-repeat;position:relative}
    .arrow::after{content:"";position:absolute;right:0;top:1px;width:7px;height:7px;border:solid var(--control);border-width:2px 2px 0 0;transform:rotate(45deg)}
    .filter{display:flex;flex-wrap:wrap;align-items:center;gap:.6rem 1.1rem;margin-bottom:.75rem;font-size:.875rem}
    .filter label{display:inline-flex;align-items:center;gap:.45rem;color:var(--dim)}
    input,select,button{font:inherit;color:var(--text);background:var(--card);border:1px solid var(--control);border-radius:7px;padding:.35rem .6rem;min-height:2.1rem}
    input[type=checkbox]{min-height:0;width:1.05rem;height:1.05rem;accent-color:var(--link)}
    button{background:var(--link);border-color:var(--link);color:var(--card);font-weight:600;padding-inline:1rem;cursor:pointer}
    .sort{font-size:.8125rem}.sort a,.choices a,.pager a{padding-block:.2rem}
    .actions{display:flex;flex-wrap:wrap;align-items:center;gap:.5rem 1rem;margin:.75rem 0}.actions form{margin:0}
    .headline .actions{margin:0 0 0 auto;font-size:.875rem}
    button.quiet{background:transparent;color:var(--link)}
    button:disabled{background:transparent;border-style:dashed;border-color:var(--control);color:var(--dim);cursor:not-allowed}
    .needs{color:var(--dim);font-size:.8125rem}
    .order{display:grid;gap:.75rem;justify-items:start;margin-top:1rem}.order label{display:flex;flex-wrap:wrap;align-items:center;gap:.35rem .6rem}
    .wide-field{width:100%}.wide-field input{flex:1 1 24rem;max-width:48rem}
    .tick{display:inline-flex;gap:.5rem;align-items:center}
    fieldset{border:0;padding:0;margin:.75rem 0;display:grid;gap:.35rem}legend{font-weight:600;padding:0;margin-bottom:.25rem}
    input[type=radio]{min-height:0;accent-color:var(--link)}
    .checks{display:grid;gap:.4rem}.between{margin:1.5rem 0 .5rem}
    .done{background:var(--tint-set);border:1px solid var(--line);border-left:4px solid var(--good);border-radius:8px;padding:.6rem 1rem;margin:0 0 1rem}
    .alert p{margin:0}.alert pre{margin:.3rem 0}
    .strip .links{display:flex;flex-wrap:wrap;gap:.1rem .8rem}
    .pager{display:flex;gap:1.25rem;align-items:center;margin-block:.75rem}

    """

private let tables = """
    .scroll{overflow-x:auto}
    table{border-collapse:collapse;width:100%}
    .data{font-size:.875rem}
    .data th,.data td{text-align:left;vertical-align:top;padding:.55rem .75rem;border-bottom:1px solid var(--line)}
    .data thead th{font-size:.8125rem;font-weight:600;color:var(--dim);white-space:nowrap;border-bottom-width:2px}
    .data thead a{color:inherit;text-decoration:underline dotted}
    .data tbody tr:last-child>*{border-bottom:0}
    .data tbody tr:hover{background:var(--alt)}
    .data tbody th{font-weight:600}.data tbody th .dim{font-weight:400}
    .data .number,.data th.number{text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums}
    .card .data th:first-child,.card .data td:first-child{padding-left:0}
    .card .data th:last-child,.card .data td:last-child{padding-right:0}
    .matrix{background:var(--card);border:1px solid var(--line);border-radius:12px;box-shadow:var(--shadow);border-collapse:separate;border-spacing:0}
    @media (min-width:40.01rem){.matrix{table-layout:fixed;min-width:46rem}.matrix th:first-child{width:11.5rem}}
    .matrix caption{text-align:left;color:var(--dim);font-size:.8125rem;padding-bottom:.4rem}
    .matrix th:first-child{padding-left:1.25rem}
    .matrix tbody th{overflow-wrap:anywhere;font-size:.9375rem}
    .matrix tbody th a{color:var(--text)}
    .team{display:block;font-weight:400;font-size:.8125rem;color:var(--dim)}
    .version{font-weight:600;color:inherit;overflow-wrap:anywhere}
    a.version{color:var(--link)}
    .release .version{font-size:.9375rem}.release code{margin-left:.4rem}
    .state{white-space:nowrap;font-size:.8125rem}
    .reason{font-size:.8125rem;max-width:40ch;overflow-wrap:anywhere;color:var(--text)}
    .matrix .gap{width:4.5rem;text-align:center;vertical-align:middle;padding-inline:.25rem}
    .matrix td.none{color:var(--dim)}
    .wait{display:inline-block;color:var(--warn);background:var(--tint-warn);border-radius:99px;padding:.05rem .6rem;font-weight:600;font-size:.8125rem;white-space:nowrap}
    a.wait{text-decoration:none}.matrix .wait::after{content:" \\2192"}
    .nowrap{white-space:nowrap}

    """

private let details = """
    .facts{display:grid;gap:.45rem 1.5rem;margin:0}
    .facts div{display:grid;grid-template-columns:7rem 1fr;gap:.75rem}
    .facts dt{color:var(--dim)}.facts dd{margin:0;min-width:0;overflow-wrap:anywhere}
    .diagnostics{display:grid;gap:.7rem;margin-top:.35rem}
    .diagnostics .place{font-size:.8125rem;color:var(--dim)}
    .hint{font-size:.8125rem}.hint::before{content:"\\2192\\00a0"}
    .columns{columns:22rem auto;font-size:.8125rem}
    .chips{display:flex;flex-wrap:wrap;gap:.3rem}
    .chips li{border:1px solid var(--good);color:var(--good);border-radius:99px;padding:0 .6rem;font-size:.8125rem;font-weight:600}
    .chips .past{border:1px dashed var(--control);color:var(--dim);font-weight:400}
    .image{overflow-wrap:anywhere;font-size:.8125rem}
    .verdict-line{font-size:1.0625rem;margin-block:0 1rem}
    .stages{display:flex;flex-wrap:wrap;gap:.35rem 1.75rem;font-size:.875rem}
    .stages li{display:inline-flex;align-items:center;gap:.35em}
    .contents{display:flex;flex-wrap:wrap;gap:.3rem 1.5rem;font-size:.875rem}
    .steps{display:grid;gap:.6rem}.steps .b{width:7.5rem}.card>h2{margin-bottom:.6rem}
    .code{margin-inline:-1.25rem;margin-bottom:-1rem;border-top:1px solid var(--line)}
    .yaml{font-size:.875rem;line-height:1.45}
    .yaml td{padding:0 .75rem;vertical-align:baseline}
    .yaml tr.set{background:var(--tint-set)}
    .yaml tr:target{outline:2px solid var(--link);outline-offset:-2px}
    .yaml .n{width:1%;text-align:right;user-select:none;padding-left:1.25rem}
    .yaml .n a{color:var(--dim);font-variant-numeric:tabular-nums;font-size:.8125rem}
    .yaml pre{margin:0;white-space:pre-wrap;overflow-wrap:anywhere}
    .yaml .from{width:46%;font-size:.8125rem;color:var(--text);border-left:1px solid var(--line);overflow-wrap:anywhere}
    .layer{display:inline-block;border-radius:4px;padding:0 .4rem;font-size:.75rem;font-weight:600;border:1px solid currentColor}
    .l-template,.l-normalization{color:var(--dim);border-color:transparent;padding-left:0;font-weight:400}
    .l-release{color:var(--good)}.l-environmentservice,.l-environmentdefaults{color:var(--held)}
    .l-defaults,.l-service{color:var(--link)}.l-reserved{color:var(--warn)}
    .who{white-space:nowrap;font-size:.8125rem}.who code{font-size:inherit}
    .beaten{margin-top:.3rem;display:grid;gap:.15rem;color:var(--dim);font-size:.8125rem}
    .value{overflow-wrap:anywhere}
    .prose p{max-width:70ch}
    .diff summary{min-height:0}.diff pre{margin:.75rem 0 0;line-height:1.5}
    .diff ins,.diff del,.diff .at{display:block;text-decoration:none}
    .diff ins{background:var(--ins)}.diff del{background:var(--del)}.diff .at{color:var(--dim);background:var(--alt)}
    .over{display:inline-block}.over summary{font-size:.75rem}.over li{font-size:.8125rem}

    """

private let media = """
    @media (max-width:60rem){.strip{flex-direction:column}.strip .gap{flex:none;flex-direction:row;gap:.4rem;padding-block:.4rem}\
    .strip .gap .arrow{width:10px;height:1.4rem;margin:0;background:linear-gradient(var(--control),var(--control)) center/2px 100% no-repeat}\
    .strip .gap .arrow::after{right:1px;top:auto;bottom:0;transform:rotate(135deg)}}
    @media (max-width:40rem){main,.wide{padding-inline:.9rem}.top{position:static}.top nav{order:2;flex-basis:100%;margin-inline:-.5rem}.top nav ul{gap:0}.top nav a{padding:.4rem .5rem;font-size:.875rem}.top .wide{padding-block:.6rem .3rem}\
    .data,.data thead,.data tbody,.data tr,.data th,.data td,.yaml,.yaml tbody,.yaml tr,.yaml td{display:block}\
    .data thead,.matrix caption{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}\
    .data tbody tr{border-bottom:1px solid var(--line);padding-block:.7rem}.data tbody tr:last-child{border-bottom:0}\
    .data tbody tr{display:grid}.data tbody th{order:-1;font-size:.9375rem}\
    .data tbody th,.data tbody td{border:0;padding:.2rem 0}\
    .data td[data-label]{display:grid;grid-template-columns:6.5rem 1fr;gap:.5rem}\
    .data td[data-label]::before{content:attr(data-label);color:var(--dim)}\
    .data td[data-label]>*{grid-column:2;min-width:0;overflow-wrap:anywhere}\
    .data .number{text-align:left}.matrix{border:0;background:none;box-shadow:none}\
    .matrix tbody tr{background:var(--card);border:1px solid var(--line);border-radius:12px;padding:.8rem 1rem;margin-bottom:.75rem}\
    .matrix tbody tr:last-child{border-bottom:1px solid var(--line)}\
    .matrix th:first-child{padding-left:0;font-size:1.0625rem}.team{display:inline;margin-left:.5rem}\
    .matrix td.gap{width:auto;text-align:left;padding-left:7rem}.matrix td.gap.none{display:none}.matrix .wait::after{content:" waiting \\2193"}\
    .state{white-space:normal}.facts div{grid-template-columns:1fr;gap:0}\
    .yaml tr{padding-block:.15rem}.yaml .n{display:none}.yaml .from{width:auto;border:0;padding-left:1.5rem}.yaml .from:empty,.yaml tr:not(.set) .from{display:none}\
    .filter label{flex:1 1 100%}.filter input[type=search],.filter select{flex:1}}
    @media (prefers-reduced-motion:no-preference){:root{scroll-behavior:smooth}}
    @media (prefers-contrast:more){:root{--dim:var(--text);--line:var(--control)}}
    @media (forced-colors:active){.wait,.layer,.chips li,.card,.strip .env{border:1px solid}.bar rect{forced-color-adjust:none}}
    @media print{:root{--bg:#fff;--card:#fff;--text:#000;--dim:#333;--link:#000;--shadow:none}\
    .top,.filter,.sort,.pager,.choices,.skip,.theme,.live,.news,.actions,footer details,footer .links{display:none}body{font-size:9pt}main{padding:0;max-width:none}\
    thead{display:table-header-group}tr,.card,.env{break-inside:avoid}.scroll{overflow:visible}.card{border:0;padding:0}\
    td a[href^="http"]::after{content:" (" attr(href) ")";font-size:7pt;overflow-wrap:anywhere}.printed{display:block}}

    """
