-- From pandoc's document to calls of the functions in report.typ. Text stays pandoc's to escape;
-- what goes into a string literal is escaped here.

local function literal(text)
  return '"' .. text:gsub('[\\"]', '\\%0') .. '"'
end

local function inline(typst) return pandoc.RawInline('typst', typst) end
local function block(typst) return pandoc.RawBlock('typst', typst) end

local function call_inline(name, content)
  local result = pandoc.List{inline('#' .. name .. '[')}
  result:extend(content)
  result:insert(inline(']'))
  return result
end

local function call_block(name, content)
  local result = pandoc.List{block('#' .. name .. '[')}
  result:extend(content)
  result:insert(block(']'))
  return result
end

local function picture(image)
  local alt = pandoc.utils.stringify(image.caption)
  local size = image.classes:includes('full-page') and ', full-page: true' or ''
  return '#picture(' .. literal(image.src) .. ', ' .. literal(alt) .. size .. ')'
end

-- A list of tables or figures has the first sentence of each caption, without statuses and links.
local function listed(inlines)
  local text = pandoc.utils.stringify(inlines)
  return call_inline('listed(' .. literal(text:match('^(.-)%.%s') or text:match('^(.-)%.?$')) .. ')', inlines)
end

function Image(image) return inline(picture(image)) end

function Figure(figure)
  local result = pandoc.List{block('#illustration([')}
  result:extend(figure.content)
  result:insert(block('], ['))
  result:insert(pandoc.Plain(listed(pandoc.utils.blocks_to_inlines(figure.caption.long))))
  result:insert(block('])' .. (figure.identifier ~= '' and ' <' .. figure.identifier .. '>' or '')))
  return result
end

-- Out of the volume: what it says and where it leads is known once the others are set.
function Link(link)
  local index = link.target:match('^outside:(%d+)$')
  if index then return call_inline('link(outside.at(' .. index .. ').url)', link.content) end
end

function Span(span)
  local label = span.identifier ~= '' and '<' .. span.identifier .. '>' or ''
  if span.classes:includes('anchor') then
    return inline('#[#metadata(none)' .. label .. ']')
  elseif span.classes:includes('footnote') then
    local note = call_inline('[#footnote', span.content)
    note:insert(inline(label .. ']'))
    return note
  elseif span.classes:includes('footnote-again') then
    return inline('#footnote(' .. label .. ')')
  elseif span.classes:includes('outside') then
    return inline('#outside.at(' .. span.attributes.index .. ').text')
  elseif span.classes:includes('status') then
    local kind = 'other'
    for _, class in ipairs(span.classes) do kind = class:match('^status%-(%a+)$') or kind end
    return call_inline('status(' .. literal(kind) .. ')', span.content)
  elseif span.classes:includes('row-name') then
    return call_inline('row-name', span.content)
  elseif span.classes:includes('caption-number') then
    return call_inline('strong', span.content)
  end
  return span.content
end

function Div(div)
  if div.classes:includes('chapter') then
    local start = div.classes:includes('run-on') and ', run-on: true' or ''
    return block('#chapter(' .. literal(div.attributes.title) .. start .. ')')
  end
  if div.classes:includes('admonition') then
    local breakable = div.classes:includes('long') and '(breakable: true)' or ''
    return call_block('admonition' .. breakable, div.content)
  end
  for class, name in pairs{landscape = 'landscape', compact = 'compact', dense = 'dense', long = 'long', whole = 'whole', lead = 'lead', citation = 'reference'} do
    if div.classes:includes(class) then return call_block(name, div.content) end
  end
  return div.content
end

local is_text = {Plain = true, Para = true}

-- Terms run in; pandoc would make a block of every text.
function DefinitionList(list)
  local result = pandoc.List{}
  for _, item in ipairs(list.content) do
    local term, texts = item[1], item[2]
    if #texts ~= 1 or #texts[1] ~= 1 or not is_text[texts[1][1].t] then return end
    local line = call_inline('terms.item', term)
    line:insert(inline('['))
    line:extend(texts[1][1].content)
    line:insert(inline(']'))
    result:insert(pandoc.Plain(line))
  end
  return result
end

-- A column without an alignment would take the figure's, which is centred.
function Table(tbl)
  if #tbl.caption.long > 0 then
    tbl.caption.long = {pandoc.Plain(listed(pandoc.utils.blocks_to_inlines(tbl.caption.long)))}
  end
  for _, column in ipairs(tbl.colspecs) do
    if column[1] == 'AlignDefault' then column[1] = 'AlignLeft' end
  end
  return tbl
end
